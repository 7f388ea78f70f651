#!/bin/sh
# Tables of `gradus train`, `evaluate` and `predict`. Usage: command_data.sh PROGRAM
. "$(dirname "$0")/command_support.sh"
cd "$work" || exit 1

# table OFFSET STEP: 40 rows with these times beside a small column.
table() {
  awk -v offset="$1" -v step="$2" 'BEGIN {
    print "time,small,y"
    for (i = 0; i < 40; ++i) printf "%.3f,%d,%d\n", offset + step * i, i % 7, (i > 20) + (i % 7 > 3)
  }'
}

# Columns of any offset give the same model, predictions and continued training as at 0.
for step in 1 0.5 64 3600; do
  for offset in 0 16777216 -1700000000 1700000000 1700000000000; do
    table $offset $step >table.csv
    {
      run 0 train --data table.csv --epochs 6 --json --quiet --validation-split 0.2 --save whole.st
      sed 's/"data":"[^"]*",//; s/"saved":.*//' out
      run 0 train --data table.csv --epochs 3 --quiet --validation-split 0.2 --save parts.st
      run 0 train --resume parts.st --epochs 6 --quiet --csv
      cat out
      run 0 evaluate parts.st table.csv --json
      sed 's/"model":"[^"]*"//' out
      run 0 predict parts.st table.csv
      cut -d, -f1 out
      head -n 2 table.csv >row.csv
      run 0 predict parts.st row.csv
      cut -d, -f1 out
    } >got.txt
    grep -q FAILED got.txt && cat got.txt
    [ $offset = 0 ] && mv got.txt want.txt && continue
    cmp -s want.txt got.txt || fail "offset $offset, step $step gives another result"
  done
done

# A share of rows is the decimal that was written.
awk 'BEGIN { print "x,y"; for (i = 0; i < 100; ++i) printf "%d,%d\n", i, i % 3 }' >rows.csv
while read -r share kept; do
  run 0 train --data rows.csv --task regression --epochs 1 --validation-split "$share"
  prints "held out: $((100 - kept)) rows at random by --seed 0"
  run 0 train --data rows.csv --task regression --epochs 1 --validation-split-last "$share"
  prints "held out: the last $((100 - kept)) rows"
done <<'END'
0.9 10
0.29 71
0.55 45
0.57 43
0.07 93
.1 90
1e-2 99
0.005 99
0.981 1
END
refuses "--validation-split: must leave rows on both sides (got 0.991 of 100 rows)" \
  train --data rows.csv --validation-split 0.991

# What is no table is refused where that shows.
printf ' "x" ,"x","y"\n1,2,3\n' >twice.csv
refuses "twice.csv:1: the name 'x' stands in columns 1 and 2" train --data twice.csv
refuses "twice.csv:1: the name 'x' stands in columns 1 and 2" train --data twice.csv --ignore x
printf '5,5,y\n1,2,3\n' >twice.csv
refuses "twice.csv:1: the name '5' stands in columns 1 and 2 (give --no-header if this line is data)" \
  train --data twice.csv
refuses "twice.csv:1: the name '5' stands in columns 1 and 2" predict whole.st twice.csv
printf ' "x" ,\t"y"\n1, "2"\n"3" ,4\n' >blanks.csv
run 0 train --data blanks.csv --epochs 1 --quiet
head -c 1000 /dev/zero >zeros.csv
truncate -s 4G zeros.csv
refuses "zeros.csv:1: not UTF-8 text" train --data zeros.csv
refuses "zeros.csv:1: not UTF-8 text" predict whole.st zeros.csv
gzip -c table.csv >table.csv.gz
run 0 evaluate whole.st table.csv.gz
head -c "$(($(wc -c <table.csv.gz) - 8))" table.csv.gz >cut.csv.gz
refuses "cut.csv.gz: byte $(wc -c <cut.csv.gz): the gzip data ends early" evaluate whole.st cut.csv.gz
finish
