#!/bin/sh
# Options of tables in `gradus train`, rows held out, and the C++ that it prints.
# Usage: command_tables.sh PROGRAM COMPILER OPTIONS...
. "$(dirname "$0")/command_support.sh"
cd "$work" || exit 1
shift

# refused TEXT ARGUMENTS...: exit code 2 and one line of at most 300 characters with this text.
refused() {
  text=$1
  shift
  run 2 "$@"
  grep -qF -- "$text" err || fail "no '$text' on stderr"
  [ "$(wc -l <err)" -eq 1 ] && [ "$(wc -m <err)" -le 320 ] || fail "not one line of 300 characters"
}
# same: the last result without the name of its file is that of the plain file.
same() {
  sed 's/"data":"[^:]*:/"data":"/; s/"saved".*//' out >got
  [ -f want ] || cp got want
  cmp -s got want || fail "another result than from the plain file"
}

# cars SEPARATOR: a table of 60 rows.
cars() {
  awk -v s="$1" 'BEGIN {
    print "size" s "kind" s "\"City, State\"" s "price"
    split("old new,used,its", kinds, ",")
    for (i = 0; i < 60; ++i)
      printf "%.2f%s%s%s%s%s%.1f\n", i * 7 % 60 / 4, s, kinds[i % 3 + 1], s, i % 4 ? "A" : "B", s,
        20000 + 150 * (i * 7 % 60) + i % 5
  }'
}
cars , >cars.csv

# ---- dialects: the options say what the file is, and the result is the same --------------------------
train="train --one-hot kind --ignore City,\ State --epochs 4 --validation-split 0.25 --json --quiet"
trains() { eval "run 0 $train $*" && same; }
trains --data cars.csv
trains --data cars.csv --separator ,
cp cars.csv cars.table
trains --data cars.table
gzip -c cars.csv >cars
trains --data cars
run 0 train --data ./cars --one-hot auto --epochs 1 --quiet
eval "\"$gradus\" $train --data - <cars.csv >out" && same
cars ';' >semicolon.csv
trains --data semicolon.csv
trains --data semicolon.csv --separator "';'"
sed 's/\./,/g' semicolon.csv >decimal.csv
trains --data decimal.csv --decimal ,
cars '	' >tabs.csv
for tab in tab "'\\t'" "'	'"; do trains --data tabs.csv --separator "$tab"; done
cars '   ' | sed '1d; s/old new/old_new/' >blanks.csv
run 0 train --data blanks.csv --no-header --separator blanks --one-hot 1 --ignore 2 --epochs 4 \
  --validation-split 0.25 --json --quiet
same
{ echo '# bought'; cat cars.csv; echo '# the end'; } >comments.csv
trains --data comments.csv --comment "'#'"
run 0 train --data semicolon.csv --one-hot kind --ignore "City, State" --epochs 1
for line in "fields are separated by semicolons" '.ignore = {"City, State"}' \
  "--ignore \"City, State\" --one-hot kind"; do prints "$line"; done
{ cat cars.csv; echo 'x,old,A,-999'; echo '1,old,A,-999'; } >gaps.csv
trains --data gaps.csv --missing=x,-999 --drop-missing

# ---- names with commas: in a list, once per name, in a file of options -------------------------------
run 0 train --data cars.csv --ignore "City, State" --ignore kind --epochs 1 --quiet
run 0 train --data cars.csv --ignore '"City, State",kind' --epochs 1 --quiet
printf '[train]\ndata = "cars.csv"\nignore = ["City, State", "kind"]\nepochs = 1\n' >names.toml
run 0 train --config names.toml --save names.st
prints "gradus evaluate names.st cars.csv"
run 0 train --data cars.csv --ignore "City, State,kind" --epochs 2 --save names.st
run 0 train --resume names.st --epochs 3
run 2 train --resume names.st --epochs 4 --ignore kind
grep -qF -- "--ignore: must be as in 'names.st', City, State,kind (got kind)" err || fail "not as saved"
run 0 train --data cars.csv --ignore "City, State" --one-hot kind --epochs 1
next=$(sed -n 's/^  gradus \(compare .*\)/\1/p' out)
eval "run 0 $next --seeds 1"

# ---- errors say what to type -------------------------------------------------------------------------
refused "give --one-hot \"kind,City, State\" or --ignore \"kind,City, State\"" train --data cars.csv
advice=$(sed -n 's/.*give \(--one-hot ".*"\) or.*/\1/p' err)
eval "run 0 train --data cars.csv --epochs 1 --quiet $advice"
refused "--label: must be the name of one column of" train --data cars.csv --label prize
grep -qF "(got 'prize'); did you mean 'price'?" err || fail "no nearest name"
refused "did you mean 'kind'?" train --data cars.csv --one-hot kinds
refused "did you mean regression?" train --data cars.csv --task regresion
refused "--separator: must be one character, tab or blanks (got ';;')" train --data cars.csv --separator ';;'
refused "--separator: must be a tab or a printable" train --data cars.csv --separator '"'
refused "--decimal: must be '.' or ','" train --data cars.csv --decimal x
refused "--task: must be given only with a file (got --data moons)" train --task regression
refused "--validation: must be given only with a file (got --data moons)" train --validation cars.csv
refused "only one of them must be given" train --data cars.csv --validation gaps.csv --validation-split 0.1
refused "must be one of line, ravine" train --data noons
refused "cannot open 'noons.csv'" train --data noons.csv
refused "--loss: must be a loss for numbers" train --data cars.csv --ignore "City, State,kind" --task regression --loss bce
refused "--validation: must not be the file of --data" train --data cars.csv --validation ./cars.csv
refused "give --drop-missing" train --data gaps.csv --missing=x,-999 --one-hot auto

# ---- the task ----------------------------------------------------------------------------------------
awk 'BEGIN { print "x,y"; for (i = 0; i < 40; ++i) print i % 7 "," (i % 2 ? 4 : 2) }' >labels.csv
run 0 train --data labels.csv --epochs 1 --save labels.st
for line in "labels.csv: 40 rows, 2 classes" "(give --task regression" ".task = Task::classification"; do
  prints "$line"
done
run 0 predict labels.st labels.csv
[ "$(head -n 1 out)" = y,2,4 ] && sed 1d out | grep -qv '^[24],' && fail "not the labels"
run 0 train --data labels.csv --task regression --epochs 1
prints "40 rows, numeric target"
prints ".task = Task::regression"
run 0 train --data labels.csv --loss mse --epochs 1 --quiet --json
grep -q '"loss":"mean_squared_error"' out || fail "--loss does not choose the task"

# ---- held-out rows: shares of classes, and nothing of them is in words or scales -----------------------
awk 'BEGIN { print "x,y"; for (i = 0; i < 100; ++i) print i % 13 "," (i < 90 ? "often" : "rare") }' >rare.csv
run 0 train --data rare.csv --validation-split 0.2 --epochs 1 --seed 3
prints "held out: 20 rows at random by --seed 3, the same share of each class"
head -n 81 rare.csv >first.csv
run 0 train --data rare.csv --validation-split-last 0.2 --epochs 1
prints "held out: the last 20 rows"
head -n 49 cars.csv >first.csv
{ head -n 1 cars.csv; tail -n 12 cars.csv | sed 's/^[0-9.]*/1e9/; s/old/antique/; s/[0-9.]*$/-7/'; } >rest.csv
{ cat first.csv; sed 1d rest.csv; } >whole.csv
plain="--one-hot kind --ignore City,\ State --epochs 5 --quiet --csv"
eval "run 0 train --data first.csv $plain"
cut -d, -f 1-4 out >alone
for held_out in "--data whole.csv --validation-split-last 0.2" "--data first.csv --validation rest.csv"; do
  eval "run 0 train $held_out $plain --save part.st"
  cut -d, -f 1-4 out | cmp -s - alone || fail "held-out rows change the training"
  eval "run 0 train $held_out --one-hot kind --ignore City,\ State --epochs 2 --save part.st"
  grep -q "^validation " out || fail "no validation"
  grep -q "antique" out || fail "the unseen word is not named"
  cp out two
  run 0 train --resume part.st --epochs 5 --csv --quiet
  cut -d, -f 1-4 out | cmp -s - alone || fail "a resumed run differs"
done
prints "$(sed -n 2p alone)"

# ---- standard input ------------------------------------------------------------------------------------
run 0 train --data - --one-hot auto --epochs 1 --save stdin.st <cars.csv
prints "note: standard input is not kept; the commands below need its rows again"
run 0 evaluate stdin.st - <cars.csv
run 0 train --resume stdin.st --epochs 2 --quiet <cars.csv
run 2 compare 0.1 --data - --one-hot auto --vary "seed=1|2" --seeds 1 <cars.csv
grep -q "standard input can be read once; write it to a file first" err || fail "not said"

# ---- many columns ----------------------------------------------------------------------------------------
awk 'BEGIN { for (i = 0; i < 65536; ++i) printf "c%d%s", i, i < 65535 ? "," : "\n"
  for (r = 0; r < 3; ++r) for (i = 0; i < 65536; ++i) printf "%d%s", (i + r) % 7, i < 65535 ? "," : "\n" }' >wide.csv
run 0 train --data wide.csv --layers none --epochs 1 --quiet --save wide.st
run 0 predict wide.st wide.csv

# ---- the same in C++ ---------------------------------------------------------------------------------------
# program ARGUMENTS...: adds the printed program, and to `expected` what the command found.
{
  printf '#include <gradus/gradus.h>\nusing namespace gradus;\nint main() {\n'
} >program.cpp
: >expected
program() {
  run 0 train --epochs 3 --save program.st "$@"
  {
    echo '{'
    sed -n '/^the same in C++:/,/^saved/p' out | sed '1d;/^saved/d; s/\.epochs = 3/.epochs = 3, .verbose = 0/'
    printf '%s\n' 'fmt::print("{:.4g}\n", model.evaluate(data.x, data.y).loss);'
    ! grep -q '^validation' out || printf '%s\n' 'fmt::print("{:.4g}\n", model.evaluate(test.x, test.y).loss);'
    ! grep -q 'predicted' out || printf '%s\n' 'fmt::print("{:.1f}\n", predicted.exact(0));'
    echo '}'
  } >>program.cpp
  awk '$1 == "training" || $1 == "validation" { print $2 }' out >>expected
  if grep -q predicted out; then
    run 0 predict program.st "$2"
    sed -n 2p out | awk '{ printf "%.1f\n", $1 }' >>expected
  fi
}
program --data cars.csv --one-hot kind --ignore "City, State"
program --data cars.csv --one-hot auto --no-target-scale --optimizer "adam(0.01)"
program --data decimal.csv --separator ';' --decimal , --one-hot 'kind,City, State' --validation first.csv
program --data rare.csv --validation-split 0.2 --seed 7
program --data labels.csv --validation-split-last 0.25
program --data blanks.csv --no-header --one-hot 1,2 --label 3 --missing 0.25 --drop-missing
program --data spirals --validation-split 0.3
program --data ravine
echo '}' >>program.cpp
compiler=$1
shift
"$compiler" -std=c++20 -Wall -Wextra -Wpedantic -Werror program.cpp -o program "$@" 2>err ||
  fail "the program does not compile: $(head -n 5 err)"
./program >got 2>err
diff expected got >out || fail "the program finds something else"
finish
