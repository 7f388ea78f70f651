#!/bin/sh
# gradus sensitivity and gradus tune: their output and errors.
# Usage: command_sensitivity.sh PROGRAM yes|no   (whether it was built with exact derivatives)
. "$(dirname "$(realpath "$0")")/command_support.sh"
built=$2
cd "$work" || exit 1

line="--data line --layers none"
if [ "$built" = no ]; then
  for command in sensitivity tune; do
    refuses "this gradus was built without exact derivatives; build it with cmake -DGRADUS_BUILD_DUAL=ON" \
      $command 0.05 $line
  done
  run 0 demo moons
  grep -q "stable up to" "$work/out" && fail "a stable rate without exact derivatives"
  finish
  exit
fi

# ---- sensitivity ---------------------------------------------------------------------------------
transcript sensitivity_line sensitivity "ExponentialDecay(0.05, 42, 0.5, staircase=True)" $line
run 0 sensitivity "linear(0, 0.2, 20) >> CosineDecay(0.2, 50)" $line --epochs 10 --ascii
prints "raise the peak"
prints "first.from"
prints '  gradus tune "linear(0, 0.2, 20) >> CosineDecay(0.2, 50)" --data line --layers none --epochs 10'
# On a smooth loss the promise is kept.
grep -q "^note:" "$work/out" && fail "a note about kinks"
run 0 sensitivity 0.01 --loss mean_absolute_error $line --batch-size 4
prints "derivatives leave out what"
# The step that is suggested is the derivative's: a higher rate gives the loss that is promised.
run 0 sensitivity 0.05 $line --json
derivative=$(sed 's/.*"number":"value","value":0.05,"derivative":\([^,]*\),.*/\1/' "$work/out")
loss=$(sed 's/.*"losses":\[\([^]]*\)\].*/\1/' "$work/out")
grep -q '^{"schedule":"0.05","updates":210,"rows":"the 200 rows trained on","losses":\[' "$work/out" ||
  fail "not the JSON"
[ "$(sed 's/.*"windows":\[\([^]]*\)\].*/\1/' "$work/out" | tr ',' '\n' | wc -l)" -eq 28 ] || fail "not 28 windows"
# The windows add up to what +1% of the rate adds.
sed 's/.*"windows":\[\([^]]*\)\].*/\1/' "$work/out" | tr ',' '\n' |
  awk -v d="$derivative" '{ sum += $1 } END { e = 0.01 * 0.05 * d; exit !(sum - e < 1e-9 && e - sum < 1e-9) }' ||
  fail "the windows do not add up"
run 0 train $line --schedule 0.0501 --json
awk -v d="$derivative" -v l="$loss" -v there="$(sed 's/.*"training":{"loss":\([^,]*\),.*/\1/' "$work/out")" \
  'BEGIN { promised = 0.0001 * d; measured = there - l; exit !(measured / promised > 0.9 && measured / promised < 1.1) }' ||
  fail "not the loss that was promised"
run 0 sensitivity 0.05 $line --csv
[ "$(sed -n 1p "$work/out")" = "number,value,derivative,deviation,effect,why_not" ] &&
  grep -q '^momentum,0,-' "$work/out" || fail "not the CSV"
run 0 sensitivity 0.02 --data moons --layers 4 --activation tanh --optimizer adam --seeds 3 --validation-split 0.25 --epochs 5
prints "on the 50 rows held out after 25 updates"
prints "(mean and standard deviation of 3 seeds)"
prints "beta_1"
run 0 sensitivity "CosineDecay(0.1, 3)" $line --batch-size 200 --epochs 3  # fewer updates than windows
prints "in 3 parts of the run"
run 3 sensitivity 100 $line
printf 'gradus: error: training diverged: the loss at the end is not finite; to find a lower rate: gradus find-lr --data line --layers none\n' |
  cmp -s - "$work/err" || fail "no way to a lower rate"
[ ! -s "$work/out" ] || fail "something on stdout"
if command -v gnuplot >/dev/null; then
  run 0 sensitivity "CosineDecay(0.1, 210)" $line --plot both.svg
  prints "wrote both.svg"
  grep -q "<svg" both.svg || fail "no picture"
fi

# ---- the stable rates of demo and compare -----------------------------------------------------------
# By differences of gradients: 2.327105 and 1.041749. Momentum 0.9 allows 1.9 times more.
run 0 demo moons
prints "stable up to a rate of 2.33 at the start, 1.04 at the end, by curvature"
run 0 demo moons --json
grep -q '"stable_rates":\[2.3271[0-9]*,1.0417[0-9]*\]' "$work/out" || fail "not the stable rates"
run 0 demo xor
prints "stable up to a rate of 4.12 at the start, 2.74 at the end, by curvature"
run 0 compare 0.001 0.1 --epochs 1 --seeds 2
prints "best: stable up to a rate of 2.33 at the start, 3.09 at the end, by curvature"
for optimizer in "sgd(momentum=0.5) 3.4906" "sgd(momentum=0.5,nesterov=True) 1.7453"; do
  run 0 compare 0.1 --epochs 1 --seeds 1 --optimizer "${optimizer% *}" --json
  grep -q "\"stable_rates\":\[${optimizer#* }" "$work/out" || fail "not the stable rate of $optimizer"
done
# A rule without such a limit, options that change it, a large model.
for problem in "--optimizer adam" "--optimizer sgd(clipnorm=1)" \
  "--optimizer sgd(momentum=CosineDecay(0.9,10))" "--layers 200,200"; do
  run 0 compare 0.01 --epochs 1 --seeds 1 $problem
  grep -q "stable up to" "$work/out" && fail "a stable rate of $problem"
done

# ---- tune ----------------------------------------------------------------------------------------
run 0 tune "ExponentialDecay(0.05, 42, 0.5, staircase=True)" $line
for text in "before" "after       0.0095" "to paste:" "  best" "initial_learning_rate, decay_rate" \
  "next, compare the two:"; do prints "$text"; done
schedule=$(sed -n '/^to paste:/{n;s/^  //;p;}' "$work/out")
run 0 train $line --schedule "$schedule" --json
grep -q '"training":{"loss":0.0095' "$work/out" || fail "not the loss that was reached"
run 0 tune "CosineDecay(0.16, 210)" $line --iterations 20
prints "nothing gained in"
grep -q "to paste" "$work/out" && fail "a worse schedule to paste"
run 0 tune 0.02 $line --knots 4 --epochs 10 --iterations 20 --json
grep -q '"schedule":"PiecewiseInterpolation(boundaries=\[' "$work/out" &&
  grep -q '"numbers":\["values\[0\]","values\[1\]","values\[2\]","values\[3\]"\]' "$work/out" &&
  grep -q '"gained":true' "$work/out" || fail "not four knots"
run 0 tune "linear(0.01, 0.02, 10) >> CosineDecay(0.02, 60)" $line --epochs 10 --iterations 10 --fix first --csv
[ "$(sed -n 1p "$work/out")" = "iteration,loss,schedule" ] || fail "not the CSV"
[ "$(grep -c 'linear(from=0.01, to=0.02, steps=10)' "$work/out")" -eq "$(($(wc -l <"$work/out") - 1))" ] || fail "first moved"
run 0 tune "linear(0.01, 0.02, 10) >> CosineDecay(0.02, 60)" $line --epochs 10 --iterations 10 --only first.to,first.steps --json
grep -q '"numbers":\["first.to","first.steps"\]' "$work/out" || fail "not the numbers of --only"

# ---- wrong arguments -----------------------------------------------------------------------------
for command in sensitivity tune; do
  refuses 'give a schedule, such as "CosineDecay(0.1, 210)"' $command
  refuses "\"CosinDecay(0.1, 9)\": column 1: unknown schedule 'CosinDecay'; did you mean 'CosineDecay'?" \
    $command "CosinDecay(0.1, 9)"
  refuses "--optimizer: must not give a learning rate, which the schedule gives" \
    $command 0.1 --optimizer "adam(0.1)"
  refuses "--epochs: must be a whole number from 1 to 1000000000 in decimal digits (got '0')" $command 0.1 --epochs 0
  refuses "--seeds: must be a whole number from 1 to 1000 in decimal digits (got '0')" $command 0.1 --seeds 0
  refuses "--validation-split: must leave rows on both sides (got 0.9999 of 200 rows)" \
    $command 0.1 --validation-split 0.9999
  refuses "--plot: the file must end in .svg, .png or .pdf (got 'x.gif')" $command 0.1 --plot x.gif
  run 0 $command --help
  prints "gradus $command \""
done
run 2 tune 0.1 $line --fix alpha
grep -q "^gradus: error: --fix: must name numbers (got 'alpha'" "$work/err" || fail "not --fix"
run 2 tune 0.1 $line --only beta
grep -q "^gradus: error: --only: must name numbers (got 'beta'" "$work/err" || fail "not --only"
run 2 tune 0.1 $line --knots 1
printf 'gradus: error: --knots: must be 0 or >= 2 (got 1)\n' | cmp -s - "$work/err" || fail "not --knots"
run 0 completion bash
prints "sensitivity) options="
prints "--knots"
run 0 sensitivity "CosineDecay(0.1, all)" --data line --layers none --epochs 2  # the numbers of this run
prints 'gradus tune "CosineDecay(0.1, 14)" --data line --layers none --epochs 2'

finish
