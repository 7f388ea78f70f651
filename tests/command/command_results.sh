#!/bin/sh
# Baselines, confusion tables, predictions and written data. Usage: command_results.sh PROGRAM
. "$(dirname "$0")/command_support.sh"
cd "$work" || exit 1

# value KEY: the number of the first such key in the JSON on stdout.
value() { sed "s/.*\"$1\":\([-0-9.e]*\).*/\1/" out; }
near() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a - b <= 1e-5 && b - a <= 1e-5) }' || fail "$3: $1, not $2"; }

# ---- numbers -------------------------------------------------------------------------------------
# Targets 1 2 4 8 16 29: mean 10, and the squares around it are 81 + 64 + 36 + 4 + 36 + 361 = 582,
# 97 each. The median is 6, and the distances from it are 5 + 4 + 2 + 2 + 10 + 23 = 46.
printf 'x,y\n0,1\n0,2\n0,4\n0,8\n0,16\n0,29\n' >six.csv
constants() {  # LOSS: what the constant has on the rows trained on
  run 0 train --data six.csv --loss "$1" --epochs 1 --quiet --json --save "$1.st"
}
constants mean_squared_error
near "$(value constant_loss)" 97 "mean of squares"
near "$(value constant_mean_absolute_error)" 8.333333 "distance from the mean, (9 + 8 + 6 + 2 + 6 + 19) / 6"
near "$(value constant_r2_score)" 0 "R^2 of the mean"
constants mean_absolute_error
near "$(value constant_loss)" 7.666667 "distance from the median, 46 / 6"
# On other rows, with the constant 10: 4 and 8 lie around 6. (36 + 4) / 2; R^2 = 1 - 40 / 8.
printf 'x,y\n0,4\n0,8\n' >two.csv
run 0 evaluate mean_squared_error.st two.csv --json
near "$(value constant_loss)" 20 "constant on other rows"
near "$(value constant_r2_score)" -4 "R^2 on other rows is about their own mean"
run 0 evaluate mean_squared_error.st two.csv
prints " a constant would have 20"

# Rows of which the loss is not finite.
printf 'x,y\n0,1e38\n' >far.csv
refuses "'far.csv': the loss is not finite; a number is far outside those of training" evaluate mean_squared_error.st far.csv
printf 'x,y\n0,1\n1,2\n2,4\n3,5\n' >near.csv
run 0 train --data near.csv --layers none --epochs 1 --validation far.csv
prints "note: a number of the validation rows is far outside those of training"

# ---- classes -------------------------------------------------------------------------------------
# All inputs are 0, so the model can only learn the shares: a 3, b 2, c 1 of 6.
printf 'x,kind\n0,b\n0,a\n0,c\n0,a\n0,"b"\n0,a\n' >kinds.csv
run 0 train --data kinds.csv --optimizer "adam(0.1)" --epochs 100 --save kinds.st
prints "the largest class would have        1.011        0.5"  # -(log(1/2) / 2 + log(1/3) / 3 + log(1/6) / 6)
prints "note: no better than a constant"
printf 'kind,x\nb,0\nb,0\na,0\n' >three.csv
run 0 evaluate kinds.st three.csv
grep -q '^accuracy *0.3333 *the largest class would have 0.3333$' out || fail "not the share of class a"
tail -n 4 out | diff - /dev/fd/3 3<<'END' >err || fail "not the confusion table"
           a      b      c
a          1      0      0
b          2      0      0
c          0      0      0
END
run 0 evaluate kinds.st three.csv --json
grep -q '"constant_accuracy":0.333[0-9]*,"classes":\["a","b","c"\],"confusion":\[\[1,0,0\],\[2,0,0\],\[0,0,0\]\]}$' out ||
  fail "not the JSON"
# 12 classes have a table, 13 have none.
for classes in 12 13; do
  seq 39 | awk -v k=$classes 'BEGIN { print "x,kind" } { printf "%d,k%d\n", $1, $1 % k }' >many.csv
  run 0 train --data many.csv --epochs 1 --quiet --save many.st
  run 0 evaluate many.st many.csv
  tables=$(grep -c 'predicted class' out)
  [ "$tables" -eq $((13 - classes)) ] || fail "$tables confusion tables of $classes classes"
done

run 0 train --data moons --epochs 1 --quiet --save moons.st
refuses "'blobs': the target must be as in training (got 3 classes, not 2)" evaluate moons.st blobs

# What the note says to try helps.
run 0 train --data line --schedule 1e-5
prints "note: no better than a constant"
next=$(sed -n 's/^  gradus \(find-lr .*\)/\1/p' out)
eval "run 0 $next"
rate=$(sed -n 's/^valley *\([^ ]*\) .*/\1/p' out)
run 0 train --data line --schedule "$rate"
grep -q "no better" out && fail "the rate of find-lr does not help"

# ---- predictions ---------------------------------------------------------------------------------
printf 'x\n0\n?\n' >new.csv
run 0 predict kinds.st new.csv --json
sed 's/:[0-9.]*\([,}]\)/:N\1/g' out | diff - /dev/fd/3 3<<'END' >err || fail "not the records"
{"predictions":[{"kind":"a","a":N,"b":N,"c":N},{"kind":null,"a":null,"b":null,"c":null}]}
END

# Columns beside the prediction stand as in the file, and its name gives way to theirs.
printf 'id;x;name;y\n007;1;"Doe, J";1,50\n1e1;?;;2,25\n"a""b";3; x ;3,75\n' >people.csv
run 0 train --data people.csv --ignore id,name --drop-missing --epochs 1 --quiet --save people.st
run 0 predict people.st people.csv --keep name,id,y
sed 's/,[-0-9.]*$/,N/' out | diff - /dev/fd/3 3<<'END' >err || fail "not the columns kept"
name,id,y,predicted_y
"Doe, J",007,"1,50",N
,1e1,"2,25",NA
x,"a""b","3,75",N
END
run 0 predict people.st people.csv --keep id --json
grep -q '^{"predictions":\[{"id":"007","y":[-0-9.]*},{"id":"1e1","y":null},{"id":"a\\"b","y":[-0-9.]*}\]}$' out || fail "not the records"
printf 'x,spam\n1,ham\n2,spam\n' >mail.csv
run 0 train --data mail.csv --epochs 1 --quiet --save mail.st
run 0 predict mail.st mail.csv --keep spam
[ "$(head -n 1 out)" = spam,predicted_spam,ham,probability_spam ] || fail "a name stands twice"
refuses "--keep: 'people.csv' must have the column (got 'nam'); did you mean name?" predict people.st people.csv --keep nam
refuses "--keep: must be given only with a file (got '-')" predict people.st - --keep id
printf '1 2\n2 4\n3 6\n' >bare.txt
run 0 train --data bare.txt --no-header --epochs 1 --quiet --save bare.st
run 0 predict bare.st bare.txt --keep 1
sed 's/,[-0-9.]*$/,N/' out | diff - /dev/fd/3 3<<'END' >err || fail "not the column of numbers"
1,predicted_1
2,N
4,N
6,N
END

# An unseen word is counted; its control characters stay off the terminal.
printf 'w,y\na,1\nb,2\na,1\nb,3\n' >words.csv
run 0 train --data words.csv --one-hot w --task regression --epochs 1 --quiet --save words.st
printf 'w,y\no\033[2Jd,1\n' >unseen.csv
run 0 predict words.st unseen.csv
grep -q "column 'w': 1 of 1 rows have a word" err && [ "$(wc -l <out)" -eq 2 ] || fail "the unseen word is not counted"
LC_ALL=C grep -q "$(printf '\033')" err && fail "a control character on stderr"
run 0 evaluate words.st unseen.csv
prints "column 'w': 1 of 1 rows have a word"
LC_ALL=C grep -q "$(printf '\033')" out && fail "a control character on stdout"
run 0 evaluate words.st unseen.csv --json
grep -q "column 'w': 1 of 1 rows have a word" err || fail "notes are lost beside JSON"
printf 'w,y\na,1\n,2\n' >gaps.csv
run 0 evaluate words.st gaps.csv
prints "words.st on 1 rows of gaps.csv"
prints "1 of 2 rows are left; gaps: w 1"

# ---- written data --------------------------------------------------------------------------------
run 0 data moons --seed 3 --noise 0.2
mv out printed.csv
run 0 data moons --seed 3 --noise 0.2 -o moons.csv
prints "wrote moons.csv: 200 rows"
cmp -s moons.csv printed.csv || fail "the file is not what is printed"
run 0 data moons --seed 4 --noise 0.2 -o moons.csv  # replaces it
cmp -s moons.csv printed.csv && fail "another seed gives the same rows"
run 0 train --data moons.csv --epochs 1 --quiet
refuses "NAME: must be one of line, ravine, xor, moons, spirals, blobs, digits (got 'mons'); did you mean moons?" data mons
refuses "give the name of data, such as moons; see --help" data
refuses "--noise: must be a number above 0 in decimal digits (got '-1')" data line --noise -1
refuses "--out: must be a file that can be written (got 'none/line.csv')" data line -o none/line.csv
refuses "--out: must be a file that can be written (got '-')" data moons -o -
finish
