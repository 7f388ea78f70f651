#!/bin/sh
# Numeric targets of files: default options train every kind of table, and numbers are in the target's own units.
# Usage: command_regression.sh PROGRAM
. "$(dirname "$0")/command_support.sh"
cd "$work" || exit 1

# table KIND ROWS COLUMNS: y depends on the first two columns, with noise; KIND says what is odd.
table() {
  awk -v kind="$1" -v rows="$2" -v columns="$3" '
    function normal() { return sqrt(-2 * log(1 - rand())) * cos(6.283185307179586 * rand()) }
    BEGIN {
      srand(7)
      for (k = 1; k <= columns; ++k) printf "x%d,", k
      print "y"
      for (i = 1; i <= rows; ++i) {
        shared = normal()
        for (k = 1; k <= columns; ++k) {
          z = x = kind == "equal_columns" ? shared : normal()
          if (kind == "heavy_x") x = z / normal()
          if (kind == "lognormal") x = exp(2 * z)
          if (kind == "outlier_x" && i == 5) x = 30
          if (kind == "far_outlier_x" && i == 5) x = 500
          if (kind == "nearly_constant" && k > 2) x = 7 + (i == 1) * 0.001
          if (kind == "constant_column" && k > 2) x = 7
          if (kind == "integers") x = 100000 + int(10 * z)
          if (kind == "binary") x = z > 0
          if (kind == "times") x = 1500000000 + int(86400 * 100 * z)
          if (kind == "wide_range") x = z * 10 ^ (2 * k)
          printf "%.15g,", x
          if (k == 1) y = z
          if (k == 2) y -= z / 2
        }
        y += normal() / 2
        if (kind == "heavy_y") y += 0.2 * normal() / normal()
        if (kind == "outlier_y" && i == 5) y = 30
        if (kind == "thousands") y = 1000 * y + 20000
        if (kind == "lognormal" || kind == "prices") y = exp(11 + y)
        if (kind == "tiny") y *= 1e-12
        if (kind == "huge") y *= 1e25
        if (kind == "time_target") y = 1500000000 + int(86400 * y)
        if (kind == "constant_target") y = 42.5
        printf "%.15g\n", y
      }
    }' >table.csv
}

# number KEY: of the JSON on stdout, of its training if it has one.
number() { sed 's/.*"training"//; s/}.*//; s/.*"'"$1"'": *\([-+.e0-9]*\).*/\1/' out; }
# explains LOSS: a mean squared error below the variance of y, so that R^2 is above 0.
explains() {
  awk -F, -v loss="$1" 'FNR == 1 { next } NR == FNR { n++; sum += $NF; next }
    { squares += ($NF - sum / n) ^ 2 } END { exit !(loss > 0 && loss < squares / n) }' table.csv table.csv ||
    fail "$kind: a mean squared error of $1 is no better than a constant"
}

for kind in "normal 300 4" "normal 20 3" "normal 50 1" "normal 100 100" "normal 5000 30" "heavy_x 400 4" \
  "heavy_y 400 4" "lognormal 800 4" "prices 500 5" "outlier_x 400 4" "far_outlier_x 20000 3" "outlier_y 400 4" \
  "nearly_constant 300 5" "constant_column 300 5" "equal_columns 300 100" "equal_columns 300 1000" "integers 300 3" \
  "binary 400 20" "times 300 2" "wide_range 300 5" "thousands 200 2" "tiny 300 3" "huge 300 3" "time_target 300 3"; do
  # shellcheck disable=SC2086 # kind, rows and columns
  table $kind
  run 0 train --data table.csv --json --quiet
  explains "$(number loss)"
  run 0 find-lr --data table.csv --json
  rate=$(number valley)
  run 0 train --data table.csv --json --quiet --schedule "$rate"
  explains "$(number loss)"
done

# An outlier among few rows, and in batches: not every rate diverges.
for rows in 40 3000; do
  awk -v rows=$rows 'BEGIN { print "x,y"; for (i = 1; i <= rows; ++i) print i "," (i == 3 ? 1000000 : 1) }' >table.csv
  kind="one outlier, $rows rows"
  for start in 1e-7 1e-30; do run 0 find-lr --data table.csv --start $start --json; done
  run 0 train --data table.csv --json --quiet --schedule "$(number valley)"
  explains "$(number loss)"
done

# A target without spread is learned, not divided by 0.
table constant_target 100 2
run 0 train --data table.csv --quiet --save model.st
run 0 predict model.st table.csv
awk 'NR > 1 && ($1 < 42 || $1 > 43) { exit 1 }' out || fail "42.5 is not predicted"

# What train, evaluate, logs and continued runs print is the error of what predict prints.
for kind in thousands tiny huge time_target; do
  table $kind 200 2
  run 0 train --data table.csv --json --epochs 6 --log log.csv --save model.st
  error=$(number mean_absolute_error) loss=$(number loss)
  run 0 evaluate model.st table.csv --json
  [ "$(number mean_absolute_error) $(number loss)" = "$error $loss" ] || fail "$kind: evaluate differs from train"
  run 0 predict model.st table.csv
  cut -d, -f3 table.csv | paste -d, - out | awk -F, -v error="$error" -v loss="$loss" '
    NR > 1 { d = $1 - $2; sum += d < 0 ? -d : d; squares += d * d; n++ }
    END { exit !((sum / n / error - 1) ^ 2 < 1e-8 && (squares / n / loss - 1) ^ 2 < 1e-8) }' ||
    fail "$kind: $error and $loss are not the errors of the predictions"
  awk -F, -v loss="$loss" 'NR == 1 { for (k = 1; k <= NF; ++k) if ($k == "loss") column = k }
    END { exit !($column > loss / 2 && $column < loss * 4) }' log.csv || fail "$kind: another unit in the log"
  run 0 train --data table.csv --epochs 3 --quiet --save half.st
  run 0 train --resume half.st --epochs 6 --json
  [ "$(number loss)" = "$loss" ] || fail "$kind: a resumed run prints other numbers"
done

# The choices can be seen and changed.
table thousands 200 2
run 0 train --data table.csv
prints "200 rows, numeric target, inputs and target standardised"
prints "sgd(global_clipnorm=1), mean_squared_error, batches of 32"
prints "after 143 epochs, 1001 updates:"
prints "target_deviation = "
run 0 find-lr --data table.csv --layers none
prints "the highest stable rate, by the greatest curvature"
run 0 train --data table.csv --no-target-scale --optimizer "adam(0.01)" --epochs 2
prints "200 rows, numeric target, inputs standardised"
prints "after 2 epochs, 14 updates:"
grep -q "target_deviation" out && fail "a target that is not scaled has a deviation"
run 3 train --data table.csv --no-target-scale --schedule 1e10
grep -q "; leave out --no-target-scale, or find a lower rate: gradus find-lr" err || fail "no word of --no-target-scale"
finish
