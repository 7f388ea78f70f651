#!/bin/sh
# The output and exit codes of `gradus`. Usage: command.sh PROGRAM
. "$(dirname "$0")/command_support.sh"

run 0 --version
grep -qx 'gradus [0-9]*\.[0-9]*\.[0-9]*' "$work/out" || fail "not a version"
run 0 --help
prints schedule
run 0 schedule --help
prints --steps
for command in $("$gradus" --help | sed -n '/^Subcommands:/,$ s/^  \([a-z][-a-z]*\) .*/\1/p'); do
  run 0 $command --help
  grep -q '.\{81\}' "$work/out" && fail "lines of more than 80 columns"
done
[ "$command" = completion ] || fail "a command is missing"

run 0 schedule "linear(0,0.1,4) >> CosineDecay(0.1, 2)" "stairs=StepDecay(1, 2, 0.5)" --steps 5 --csv
cat >"$work/want" <<'END'
schedule,step,learning_rate
"linear(0,0.1,4) >> CosineDecay(0.1, 2)",0,0
"linear(0,0.1,4) >> CosineDecay(0.1, 2)",1,0.025
"linear(0,0.1,4) >> CosineDecay(0.1, 2)",2,0.05
"linear(0,0.1,4) >> CosineDecay(0.1, 2)",3,0.07500000000000001
"linear(0,0.1,4) >> CosineDecay(0.1, 2)",4,0.1
stairs,0,1
stairs,1,1
stairs,2,0.5
stairs,3,0.5
stairs,4,0.25
END
cmp -s "$work/want" "$work/out" || fail "not the rates"

run 0 schedule "hold(0.5, 4)" --json
printf '%s' '{"steps":4,"schedules":[{"label":"hold(0.5, 4)","text":"hold(rate=0.5, steps=4)",' \
  '"schedule":{"module":"gradus.schedules","class_name":"Hold","config":{"rate":0.5,"steps":4},' \
  '"registered_name":null},"duration":4.0,"area":2.0,"worst_case":{"shape":X,"times_linear":X,"rate_ratio":X,"kept_steps":4},"notes":[],"rates":[0.5,0.5,0.5,0.5]}]}
' >"$work/want"
sed 's/\("shape":\|_linear":\|_ratio":\)[0-9.]*/\1X/g' "$work/out" | cmp -s "$work/want" - || fail "not the JSON"

run 0 schedule 1e308 --json
grep -q '"worst_case":null' "$work/out" || fail "a bound of numbers too large"
run 0 schedule "linear(0,0.1,4) >> CosineDecay(0.05, 4)"
prints "length 8 steps, area over 8 steps 0.275"
prints "note: it jumps at step 4"
prints "┤"
run 0 schedule "a=0.1" "b=0.05" --steps 100 --ascii --table
prints "        step          rate"
prints "length endless, area over 100 steps 5"
LC_ALL=C run 0 schedule 0.1
prints "+"
NO_COLOR= run 0 schedule 0.1 0.2 --color always
prints "$(printf '\033[')"

run 0 schedule --list
for name in CosineDecayRestarts OneCycle linear clamp mirror "first >> second"; do prints "$name"; done


refuses "give a command: try gradus demo, or see gradus --help"
run 0 schedule "b=CosineDecay(0.1, all)" "linear(0, 0.1, all / 4)" --steps 8 --csv
prints 'b,4,0.05'
prints '"linear(0, 0.1, 2)",2,0.1'
run 2 schedule "CosineDecay(0.1, all)"
grep -q "column 18: all, the updates of the run, .* --steps (all) or, in C++, {.all = n" "$work/err" ||
  fail "does not say where it is known"
refuses "'schedul' was not expected here; did you mean schedule?" schedul
refuses "'moons' was not expected here; did you mean --data moons?" find-lr moons
refuses "'--data' was not expected here; options follow the command" --data moons find-lr
refuses "'--step' was not expected here; did you mean --steps?" schedule 0.1 --step 4
refuses 'give a schedule, such as "CosineDecay(0.1, 900)"; see --list' schedule
refuses "\"Cosin(1)\": column 1: unknown schedule 'Cosin'; did you mean 'Cosine'?" schedule 'Cosin(1)'
refuses "\"linear(0, 1)\": column 13: linear needs 'steps'" schedule 'x=linear(0, 1)'
refuses '"CosineDecay(-1, 2)": CosineDecay: initial_learning_rate must be finite and >= 0 (got -1)' \
  schedule 'CosineDecay(-1, 2)'
long=$(head -c 100000 /dev/zero | tr '\0' x)
run 2 schedule "Cosin$long(1)"
[ "$(wc -c <"$work/err")" -lt 700 ] || fail "a line of $(wc -c <"$work/err") bytes"
run 2 find-lr --optimizer "$long"
[ "$(wc -c <"$work/err")" -lt 700 ] || fail "a line of $(wc -c <"$work/err") bytes"
for steps in 0 -5 010 1e3 3.5 99999999999999999999 ten ''; do
  [ -z "$steps" ] && continue
  refuses "--steps: must be a whole number from 1 to 2^53 in decimal digits (got '$steps')" \
    schedule 0.1 "--steps=$steps"
done
refuses "--plot: the file must end in .svg, .png or .pdf (got 'rate.gif')" schedule 0.1 --plot rate.gif
refuses "--csv and --json: must not both be given" schedule 0.1 --csv --json
refuses "--table: must not be combined with --csv or --json" schedule 0.1 --csv --table
refuses "--csv and --json: must have at most 10000000 steps (got 10000001)" \
  schedule 0.1 --csv --steps 10000001
refuses "--plot: the file's name must not hold control characters" \
  schedule 0.1 --plot "$(printf 'a\nb.svg')"
refuses "--plot term: must not be combined with --csv or --json" schedule 0.1 --csv --plot term
refuses "--list: must not be combined with expressions" schedule 0.1 --list
refuses "--color: must be auto, always or never (got 'maybe')" schedule 0.1 --color maybe

run 0 schedule "ExponentialDecay(0.1, 1000, 0.96)" --steps 100000000000
prints "area over 100000000000 steps not summed: too many"
grep -q "worst case" "$work/out" && fail "a worst case of too many steps"
run 0 schedule "CosineDecay(0.1, all)" tail="hold(0.1, 9) >> 1e-30" "linear(0.1, -0.1, all)" --steps 1000
prints "  worst case 1.03 times linear decay's; where 0.1 is right as a constant"
prints "    rate, try 0.28 as this one's peak"
prints " times linear decay's: a tiny rate at the end"
[ "$(grep -c "worst case" "$work/out")" -eq 2 ] || fail "a worst case of negative rates"
run 0 schedule "$(printf 'a\033]0;x\007 \nb =0.1')" --csv --steps 1
prints "a ]0;x   b,0,0.1"

run 1 schedule "ExponentialDecay(1, 1, 10)" --steps 1000
grep -q "^gradus: error: .* returned inf at step 309$" "$work/err" || fail "no NumericError"
if [ -w /dev/full ]; then
  "$gradus" schedule 0.1 >/dev/full 2>"$work/err"
  [ $? -eq 2 ] && grep -q "cannot write to stdout" "$work/err" || fail "a full disk is not reported"
  "$gradus" --help >/dev/full 2>"$work/err"
  [ $? -eq 2 ] || fail "a full disk is not reported by --help"
fi

PATH=$work run 1 schedule 0.1 --plot "$work/a.svg"
grep -qx "gradus: error: $work/a.svg needs gnuplot (apt install gnuplot-nox)" "$work/err" ||
  fail "gnuplot is not named"
[ ! -e "$work/a.svg" ] || fail "a file exists without gnuplot"
if command -v gnuplot >/dev/null; then
  for ending in svg png pdf; do
    run 0 schedule "warm, it's=linear(0,0.1,10) >> 0.1" 0.05 --steps 20 --plot "$work/a.$ending"
    prints "wrote $work/a.$ending"
    [ -s "$work/a.$ending" ] || fail "no $ending"
  done
  grep -q "<svg" "$work/a.svg" && grep -q "0.05" "$work/a.svg" || fail "no SVG"
  refuses "--plot: must be a file that can be written (got '$work/absent/a.svg')" \
    schedule 0.1 --plot "$work/absent/a.svg"
  [ "$(ls "$work")" = "$(printf 'a.pdf\na.png\na.svg\nerr\nout\nwant')" ] || fail "files left over"
else
  echo "no gnuplot: plots in files are not tested"
fi
# gradus survives a gnuplot that ends before it has read everything.
mkdir "$work/bin"
printf '#!/bin/sh\nexit 1\n' >"$work/bin/gnuplot"
chmod +x "$work/bin/gnuplot"
PATH=$work/bin:$PATH run 1 schedule "CosineDecay(0.1, 9999)" "CosineDecay(0.2, 9999)" --plot "$work/b.svg"
grep -qx "gradus: error: $work/b.svg: gnuplot could not write it" "$work/err" || fail "the failure is not reported"
[ "$(ls "$work" | grep -c '^b\.')" -eq 0 ] || fail "files left over"

# ---- find-lr -------------------------------------------------------------------------------------

run 0 find-lr
for text in "moons: 200 rows, 2 classes" "layers 2-16-16-1 with relu, sgd, binary_crossentropy, batches of 32" \
  "┤" "⠅" "rate  1e-07" "valley    " "steep     " "minimum   " \
  "SGD{.learning_rate = " "BinaryCrossentropy{.from_logits = true}});"; do prints "$text"; done
# The suggested command works.
next=$(sed -n 's/^  gradus \(compare .*\)/\1/p' "$work/out")
eval "run 0 $next"
[ "$("$gradus" find-lr)" = "$("$gradus" find-lr --seed 0)" ] || fail "the same seed gives another picture"
[ "$("$gradus" find-lr)" != "$("$gradus" find-lr --seed 1)" ] || fail "another seed gives the same picture"

LC_ALL=C run 0 find-lr --ascii
grep -q '[^ -~]' "$work/out" && fail "not ASCII"
NO_COLOR= run 0 find-lr --color always
prints "$(printf '\033[')"
for data in line ravine xor moons spirals blobs; do run 0 find-lr --data $data --steps 50; done
prints "blobs: 200 rows, 3 classes"
prints "SparseCategoricalCrossentropy"
for optimizer in sgd momentum nesterov adam adamw nadam adamax adagrad adadelta adafactor rmsprop ftrl lamb lion \
  schedulefreesgd schedulefreeadamw muon; do
  run 0 find-lr --data line --optimizer $optimizer
done
prints "-1 with relu, muon, mean_squared_error, batches of 32"
run 0 find-lr --layers none --data line --loss huber --batch-size 1000
prints "layers 1-1, sgd, huber, batches of 1000"
run 0 find-lr --data xor --layers none
prints "note: the loss fell by only "

run 0 find-lr --steps 20 --start 0.001 --end 0.1 --csv
[ "$(head -n 1 "$work/out")" = "step,learning_rate,loss,smoothed_loss" ] || fail "no header"
[ "$(wc -l <"$work/out")" -eq 21 ] || fail "not 20 rows"
grep -q '^0,0.001,0\.' "$work/out" && grep -q '^19,0.1,0\.' "$work/out" || fail "not from start to end"
run 0 find-lr --steps 20 --json
grep -q '^{"valley":[^,]*,"steep":[^,]*,"minimum":[^,]*,"diverged":false,"rates":\[1e-0*7,.*}$' "$work/out" &&
  grep -q '"command":\["find-lr",.*"--steps","20"\]}$' "$work/out" || fail "not the JSON"
run 0 find-lr --data line
prints "loss on all 200 rows over the rate, "
run 0 find-lr --data line --layers none --end 1e-3
prints "note: the loss still falls at the highest rate; try a higher --end"

printf 'x,kind,y\n1,a,2\n2,b,4\n3,a,6\n4,b,8\n,a,9\n' >"$work/data.csv"
run 0 find-lr --data "$work/data.csv" --drop-missing --one-hot kind --optimizer adam
prints "data.csv: 4 rows, numeric target, inputs and target standardised"
prints "layers 3-16-16-1"
run 0 find-lr --data "$work/data.csv" --drop-missing --ignore x --one-hot kind --label y --optimizer adam
prints "layers 2-16-16-1"
refuses "$work/data.csv:2: 'a' is not a number (column 'kind'; give --one-hot kind or --ignore kind)" find-lr --data "$work/data.csv"
refuses "cannot open 'none.csv': No such file or directory" find-lr --data none.csv
printf 'x,y\n1,0\n2,1\n3,1\n4,2\n' >"$work/data.csv"
run 0 find-lr --data "$work/data.csv" --loss sparse_categorical_crossentropy
prints "layers 1-16-16-3"
refuses "--loss: must be a loss for 3 classes (got 'binary_crossentropy')" \
  find-lr --data "$work/data.csv" --loss binary_crossentropy
printf 'x,y\n1,a\n2,a\n' >"$work/data.csv"
refuses "--data: must have at least 2 classes (got 1)" find-lr --data "$work/data.csv"
printf 'x,y\n1,0.5\n2,1\n3,1\n' >"$work/data.csv"
refuses "--loss: must be a loss for numbers (got 'binary_crossentropy')" \
  find-lr --data "$work/data.csv" --task regression --loss binary_crossentropy

for number in nan inf 1e400 0x1p-3 010 0 1e-400 1,5 ten "1 " .; do
  refuses "--start: must be a number above 0 in decimal digits (got '$(echo $number)')" \
    find-lr "--start=$number"
  refuses "--end: must be a number above 0 in decimal digits (got '$(echo $number)')" find-lr "--end=$number"
done
refuses "--end: must be above --start 1e-07 (got 1e-07)" find-lr --end 1e-7
for number in 15 20001 1e3 3.5 010 99999999999999999999 0x20; do
  refuses "--steps: must be a whole number from 16 to 20000 in decimal digits (got '$number')" \
    find-lr --steps $number
done
refuses "--batch-size: must be a whole number from 1 to 2^53 in decimal digits (got '0')" find-lr --batch-size 0
refuses "--seed: must be a whole number from 0 to 2^53 in decimal digits (got '00')" find-lr --seed 00
refuses "--layers: must be a whole number from 1 to 4096 in decimal digits (got '')" find-lr --layers 16,
refuses "--data: must be one of line, ravine, xor, moons, spirals, blobs, digits, or a file (got 'moon'); \
did you mean moons?" find-lr --data moon
refuses "--optimizer: must be one of sgd, momentum, nesterov, adam, adamw, nadam, adamax, adagrad, adadelta, \
adafactor, rmsprop, ftrl, lamb, lion, muon, schedulefreesgd, schedulefreeadamw (got 'adma'); did you mean adam?" find-lr --optimizer adma
run 2 find-lr --activation rleu
grep -q "did you mean relu?" "$work/err" || fail "no nearest activation"
refuses "--initializer: must be one of glorot_uniform, glorot_normal, he_uniform, he_normal, lecun_uniform, \
lecun_normal, variance_scaling, zeros, ones, constant (got 'he_norm'); did you mean he_normal?" find-lr --initializer he_norm
refuses "--bias-initializer: column 11: the number is out of range" find-lr --bias-initializer "constant( 1e999)"
refuses "--initializer: VarianceScaling: scale must be finite and > 0 (got -8)" find-lr --initializer "variance_scaling(-8)"
refuses "--initializer: column 23: variance_scaling has no argument 'mode'; did you mean 'scale'?" \
  find-lr --initializer "variance_scaling(mode=1)"
run 2 find-lr --loss mean_square_error
grep -q "did you mean mean_squared_error?" "$work/err" || fail "no nearest loss"
refuses "--loss: must be a loss for classes (got 'huber')" find-lr --loss huber
refuses "--label: must be given only with a file (got --data moons)" \
  find-lr --label y
refuses "'--optimiser' was not expected here; did you mean --optimizer?" find-lr --optimiser adam
refuses "--csv and --json: must not both be given" find-lr --csv --json
refuses "--plot term: must not be combined with --csv or --json" find-lr --csv --plot term
refuses "--plot: the file must end in .svg, .png or .pdf (got 'loss.gif')" find-lr --plot loss.gif
run 3 find-lr --start 100 --end 1e6
grep -qx "gradus: error: training diverged after [0-9]* updates, too early to suggest a rate; try a \
lower --start (got 100)" "$work/err" || fail "divergence is not reported"
[ ! -s "$work/out" ] || fail "something on stdout"
if command -v gnuplot >/dev/null; then
  run 0 find-lr --plot "$work/loss.svg" --plot term
  prints "wrote $work/loss.svg"
  prints "┤"
  grep -q "valley 0\." "$work/loss.svg" && grep -q "learning rate" "$work/loss.svg" || fail "no SVG"
fi

finish
