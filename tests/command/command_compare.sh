#!/bin/sh
# gradus compare, report and demo: their output and errors.
# Usage: command_compare.sh PROGRAM COMPILER FLAGS...   (the flags reach the library)
folder=$(dirname "$(realpath "$0")")
. "$folder/command_support.sh"
shift
cd "$work" || exit 1

# Pictures and pages are valid XML.
well_formed() {
  command -v xmllint >/dev/null || return 0
  xmllint --noout "$1" || fail "$1 is not well formed"
}

# ---- compare -------------------------------------------------------------------------------------
line="--data line --layers none --epochs 10"
transcript compare_line compare 0.02 "stairs=StepDecay(0.2, 20, 0.5)" 100 $line --seeds 5
transcript compare_equal_area compare 0.02 "stairs=StepDecay(0.2, 20, 0.5)" $line --seeds 5 --equal-area --ascii
run 0 compare 0.02 0.05 $line --seeds 1
prints "0.05 ends lowest, but after only one seed; try --seeds 10"
run 0 compare 0.02 0.05 $line --seeds 4  # a fair coin may fall like this
prints "0.05 ends lowest, but after only 4 seeds; try --seeds 10"
run 0 compare 0.1 same=0.1 $line --seeds 4
prints "no clear winner: 0.1"
prints "and same end at the same loss, to three digits"
run 0 compare "linear(0, 0.1, 20) >> CosineDecay(0.1, 50)" $line --seeds 2 --target 1.5
prints "to 1.50"
prints '  gradus train --data line --layers none --epochs 10 --schedule "linear(0, 0.1, 20) >> CosineDecay(0.1, 50)"'
run 0 compare "CosineDecay(0.1, all)" "a=StepDecay(0.05, 5 * epoch)" $line --seeds 2
prints "CosineDecay(0.1, 70) "
prints '  gradus train --data line --layers none --epochs 10 --schedule "CosineDecay(0.1, 70)"'
run 0 compare "CosineDecay(0.1, all)" --data line --layers none --steps 24 --seeds 1 --json
prints '"text":"CosineDecay(0.1, 24)"'
run 0 compare 0.1 "a =0.05" --data line --layers none --steps 500 --seeds 2 --equal-area
prints "  gradus train --data line --layers none --epochs 72 --schedule "  # of 7 updates each
prints "2 * a: scaled to the budget of the first"
run 0 compare 0.1 "a = 0.05" --data line --layers none --steps 500 --seeds 2 --equal-area --json
grep -q '"label":"2 \* a","text":"2 \* 0.05"' "$work/out" || fail "not the text of the expression"
# An update of 4 batches takes 4 times as long.
run 0 compare 0.05 --data line --layers none --optimizer "sgd(gradient_accumulation_steps=4)" --seeds 1
prints "after every update"
eval "run 0 $(sed -n 's/^  gradus \(train .*\)/\1/p' "$work/out")"
prints "after 30 epochs, 52 updates:"
run 0 compare 0.05 --data line --layers none --steps 8 --seeds 2 --csv
[ "$(wc -l <"$work/out")" -eq 10 ] || fail "not a line for each measurement"
grep -qx 'schedule,step,learning_rate,loss' "$work/out" && grep -q '^0.05,0,0.05,[0-9.]*$' "$work/out" &&
  grep -q '^0.05,8,,[0-9.]*$' "$work/out" || fail "not the CSV"
run 0 compare 0.05 100 --data line --layers none --steps 8 --seeds 2 --json
grep -q '"command":\["compare","0.05","100","--data","line","--layers","none","--steps","8","--seeds","2"\],"steps":8,"first_seed":0,"target":[^,]*,"best":"0.05",' "$work/out" &&
  grep -q '"label":"0.05","text":"0.05","optimizer":"sgd","steps":8,"measured":\[0,1,2,3,4,5,6,7,8\],' "$work/out" &&
  grep -q '"diverged":2,"diverged_at":[1-8],"steps_to_target":null,"final_losses":\[null,null\]' "$work/out" &&
  grep -q '"least":\[' "$work/out" || fail "not the JSON"
run 0 compare 0.05 0.1 --steps 20 --seeds 2 --json
grep -q '"path"' "$work/out" && fail "a path of more than two weights"
# An optimizer goes with its schedule, and options vary; what is suggested trains the winner again.
run 0 compare 0.01 "sgd(0.01, momentum=0.9)" "adam(CosineDecay(1e-4, 20), clipnorm=1)" $line --seeds 5
grep -qx "layers 1-1" "$work/out" || fail "an optimizer for all"
prints "sgd, momentum 0.9 ends lowest:"
grep -q "^0.01 .* 1.18  no$" "$work/out" && [ "$(grep -c " -  no$" "$work/out")" -eq 2 ] || fail "no bound of plain SGD alone"
awk '/^schedule /, /^loss: / { if (length($0) > 80) exit 1 }' "$work/out" || fail "a table wider than 80 columns"
prints "below 0.01, the runner-up, for 5 of 5 seeds"
prints '  gradus train --data line --layers none --optimizer "SGD(momentum=0.9)" --epochs 10 --schedule 0.01'
run 0 compare "adam(0.05, beta_1=0.8)" --vary batch-size=8,64 --vary epochs=2,4 $line --seeds 1
prints "batch-size 8, epochs 4 ends lowest"
prints ": updates, measured after every hundredth of the run"
loss=$(awk '/^batch-size 8, epochs 4 .* no$/ { print $5 }' "$work/out")
eval "run 0 $(sed -n 's/^  gradus \(train .*\)/\1/p' "$work/out")"
[ "$(awk '/^training/ { printf "%.3g", $2 }' "$work/out")" = "$loss" ] || fail "not the loss $loss of the comparison"
run 0 compare 0.1 --vary data=line,moons --layers none --seeds 1
head -1 "$work/out" | grep -qx "learning rate" || fail "one name for two data sets"
run 0 compare 0.1 --vary layers=1,16 --seeds 1 --epochs 1
sed 1d "$work/out" | head -1 | grep -qx "learning rate" || fail "one size for two models"
run 0 compare "sgd(hold(0.1, 7), momentum=0.5)" "sgd(hold(0.1, 7), momentum=0.9)" --seeds 1 --epochs 1
sed 1d "$work/out" | head -1 | grep -qx "layers 2-16-16-1 with relu" || fail "cut inside brackets"
run 0 compare 0.1 0.2 $line --seeds 1 --panels loss
prints "⠤⠤⠤ 0.2"
run 0 compare 0.1 --optimizer "sgd(momentum=0.5)" --vary nesterov=True,False --seeds 1 --epochs 1
sed 1d "$work/out" | head -1 | grep -qx "layers 2-16-16-1 with relu" || fail "part of an optimizer"
for vary in loss=mean_squared_error,huber noise=0.1,0.5; do
  run 0 compare 0.1 --vary $vary $line --seeds 2
  prints "no winner: losses of different kinds or on different data do not compare"
done
run 3 compare 100 1e3 $line --seeds 5
printf 'gradus: error: training diverged in every run; to find a lower rate: gradus find-lr --data line --layers none\n' |
  cmp -s - "$work/err" || fail "no way to a lower rate"
prints " 100 (diverged at step 1)"
prints " 1e3 (diverged at step 1)"
prints "100          -   -  never     820.0   1.18  5 of 5"
run 3 compare 100 1e3 $line --seeds 2 --json
[ ! -s "$work/out" ] || fail "something on stdout"

refuses 'give a schedule, such as "CosineDecay(0.1, 210)"' compare
refuses "\"CosinDecay(0.1, 9)\": column 1: unknown schedule 'CosinDecay'; did you mean 'CosineDecay'?" \
  compare "CosinDecay(0.1, 9)"
refuses '--equal-area: "0" must have a budget above 0 (got 0)' compare 0.1 0 --equal-area
refuses "0.1 must be the label of one entry (got 2): name it, NAME=EXPR, or put | between values that hold commas" \
  compare 0.1 0.1
refuses "--steps and --epochs: must not both be given" compare 0.1 --steps 8 --vary epochs=1,2
refuses "--batch-size: must be a whole number from 1 to 2^53 in decimal digits (got '0')" compare 0.1 --vary batch-size=8,0
refuses "all runs together: must be at most 10000000 batches (got 20000010)" compare 0.1 --vary steps=1,2000000
refuses "--seeds: must be a whole number from 1 to 1000 in decimal digits (got '0')" compare 0.1 --seeds 0
refuses "--epochs: must be a whole number from 1 to 10000000 in decimal digits (got '1e3')" compare 0.1 --epochs 1e3
refuses "--steps: must be a whole number from 1 to 10000000 in decimal digits (got '-5')" compare 0.1 --steps=-5
refuses "all runs together: must be at most 10000000 batches (got 20000000)" compare 0.1 0.2 --steps 1000000
refuses "all runs together: must be at most 10000000 batches (got 20000000)" \
  compare 0.1 --seeds 20 --optimizer "sgd(gradient_accumulation_steps=1000000)"
refuses "--steps and --epochs: must not both be given" compare 0.1 --steps 8 --epochs 30
refuses "--optimizer: must not give a learning rate, which the schedules give" compare 0.1 --optimizer "sgd(0.5)"
# The models of many runs do not stay in memory.
printf 'x,y\n1,1\n2,2\n3,3\n4,4\n' >few.csv
(
  ulimit -v 300000
  run 0 compare 0.01 --data few.csv --layers 1000,1000 --seeds 100 --steps 1 --csv
  [ "$failures" -eq 0 ]
) || failures=$((failures + 1))
refuses "--target: must be a number above 0 in decimal digits (got 'nan')" compare 0.1 --target nan
refuses "--plot: the file must end in .svg, .png or .pdf (got 'x.gif')" compare 0.1 --plot x.gif

# ---- demo ----------------------------------------------------------------------------------------
transcript demo_line demo
for problem in line ravine xor moons spirals blobs digits; do
  run 0 demo $problem
  prints "  gradus find-lr"
  sed -n '/^#include/,/^}$/p' "$work/out" >program.cpp
  sed -n '/^epoch/,/^loss on all rows/p' "$work/out" | sed 1d >table
  # Only the longest program is compiled.
  [ "$problem" = line ] || continue
  compiler=$1
  shift
  "$compiler" -std=c++20 -Wall -Wextra -Wpedantic -Werror program.cpp -o program "$@" 2>"$work/err" ||
    fail "the program does not compile"
  ./program | diff table - || fail "the program prints something else"
done
run 0 demo blobs --csv
[ "$(wc -l <"$work/out")" -eq 31 ] && grep -qx 'epoch,learning_rate,loss' "$work/out" || fail "not the CSV"
run 0 demo line --json
grep -q '^{"data":"line","schedule":"ExponentialDecay(.*"path":\[' "$work/out" || fail "not the JSON"
refuses "the demo: must be one of line, ravine, xor, moons, spirals, blobs, digits (got 'moon'); did you mean moons?" demo moon

# The C++ that train prints has the same first weights.
run 0 train --initializer "variance_scaling(8)" --bias-initializer "constant(0.3)" --epochs 2 --save first.st
prints "layers 2-16-16-1 with relu, first weights variance_scaling(8), first biases constant(0.3)"
grep -aq "initializer.....variance_scaling(8).*bias-initializer.....constant(0.3)" first.st || fail "not in the file"
{
  printf '#include <gradus/gradus.h>\nusing namespace gradus;\nint main() {\n'
  sed -n '/^  const Dataset/,/^  model.fit/p' "$work/out"
  printf '%s\n' '  fmt::print("{:.4g}\n", model.evaluate(data.x, data.y).loss);' '}'
} >program.cpp
"$compiler" -std=c++20 -Wall -Wextra -Wpedantic -Werror program.cpp -o program "$@" 2>"$work/err" ||
  fail "the program does not compile"
[ "$(./program 2>/dev/null)" = "$(awk '$1 == "training" { print $2 }' "$work/out")" ] || fail "another loss in C++"

# ---- report --------------------------------------------------------------------------------------
# log RATE FIRST_LOSS: the log of a run of two epochs of two updates.
log() {
  for step in 1 2 3 4; do
    printf '{"step": %d, "epoch": %d, "batch": %d, "learning_rate": %s, "batch_loss": %s, "loss": %s, "seconds": 0.%d}\n' \
      $step $(((step - 1) / 2)) $(((step - 1) % 2)) "$1" "$2$step" "$2$step" $step
    [ $((step % 2)) -eq 1 ] ||
      printf '{"epoch": %d, "loss": %s, "val_loss": %s, "seconds": 0.%d}\n' $((step / 2 - 1)) "$2$step" "$2$step" $step
  done
}
{
  echo '{"gradus": "0.1.0", "command": ["train", "--data", "it'"'"'s $HOME.csv", "--schedule", "CosineDecay(0.1, 4)"],' \
    '"data": "<script>alert(1)</script>", "epochs": 2}'
  log 0.1 0.5
} >first.jsonl
log 0.2 0.4 | sed 's/$/\r/' >'<b>.jsonl'
if command -v gnuplot >/dev/null; then
  run 0 report first.jsonl '<b>.jsonl' -o page.html --title '<script>alert(2)</script>'
  prints "wrote page.html"
  sed '/^<figure>$/,/<\/figure>$/d' page.html >page.text  # without what gnuplot draws
  diff "$transcripts/report.html" page.text >"$work/err" || fail "not as in transcripts/report.html"
  grep -qi '<script\|<b>\|http-equiv\|src=\|href="http' page.html && fail "a script or link in the page"
  sed -n '/^<svg/,/^<\/svg>/p' page.html >page.svg
  well_formed page.svg
  [ "$(grep -c 'gnuplot_plot' page.svg)" -eq 6 ] || fail "not three pictures of two runs"
  [ "$(ls -A | grep -c unfinished)" -eq 0 ] || fail "a file left over"

  printf '{"step": 1, "loss": 0.5}\n{"step": 2, "lo' >cut.jsonl
  run 0 report cut.jsonl -o cut.html
  grep -q "the run was cut short" cut.html || fail "the cut is not reported"
  printf '\357\273\277{"step": 1, "loss": null}\n\n{"step": 2, "loss": 1e308}\n{"step": 3, "loss": -1e308}' >odd.jsonl
  run 0 report odd.jsonl -o odd.html
  grep -q "<figure>" odd.html && fail "a picture of nothing"
  grep -q "<td>-1e+308</td>" odd.html || fail "not the last loss"
  # A colour in a legend is text.
  cp first.jsonl 'rgb(96,96,96) "black".jsonl'
  run 0 report 'rgb(96,96,96) "black".jsonl' -o black.html
  grep -q '>rgb(96,96,96) "black"</text>' black.html || fail "another name in the legend"
  grep -q 'fill="black"\|rgb(96,96,96)"' black.html && fail "black on a dark page"
  # drawn TEXT...: the texts in the picture of both.html, in this order, among others.
  drawn() {
    for text in "$@"; do echo "$text"; done >want
    sed -n 's/.*<text>\(<tspan[^>]*>\)*\([^<]*\).*/\2/p' both.html | grep -x 'steps\|epochs\|first\|update\|epoch\|.*loss.*' |
      diff want - >"$work/err" || fail "other pictures"
  }
  grep -v '"step"' first.jsonl >epochs.jsonl
  grep '"step"' first.jsonl >steps.jsonl
  run 0 report first.jsonl epochs.jsonl -o both.html
  drawn "loss, mean of the epoch" epoch first epochs "loss on held-out rows" epoch first epochs
  run 0 report steps.jsonl first.jsonl -o both.html
  drawn update steps first "loss, mean of the epoch so far" update steps first "loss on held-out rows" epoch first
  run 0 report steps.jsonl epochs.jsonl -o both.html
  drawn update steps "loss, mean of the epoch so far" update steps \
    "loss, mean of the epoch" epoch epochs "loss on held-out rows" epoch epochs
  sed 's/ "loss": [^,]*,//' steps.jsonl >first.batches.jsonl
  run 0 report first.batches.jsonl -o both.html
  drawn update "loss on the rows of each update" update
  refuses "cannot write 'none/page.html': No such file or directory" report first.jsonl -o none/page.html

  # A momentum that moves, and losses at the steps where they were measured.
  printf '%s%s' '{"schedules": [{"label": "a", "rates": [1, 2, 3], "momentum": [0.8, 0.9, 0.9], "losses": [1, 0.5],' \
    '"measured": [0, 7000], "steps": 7000}]}' >measured.json
  run 0 report measured.json -o measured.html
  grep -q '>momentum</text>' measured.html && grep -q '7000</tspan>' measured.html && grep -q '<td>7000</td>' measured.html ||
    fail "not the momentum or not the steps"
  # Results of other commands: a picture, a table and the command of each.
  run 0 compare 0.05 "stairs=StepDecay(0.2, 20, 0.5)" 100 $line --seeds 2 --json
  cp out compared.json
  run 0 find-lr --data line --json
  cp out found.json
  run 0 report compared.json first.jsonl found.json steps.jsonl -o handout.html
  for text in '<h2>compared</h2>' '<th>entry</th>' '<td>stairs</td>' '<td>StepDecay(0.2, 20, 0.5)</td>' \
    'loss on all rows, mean over seeds' '<h2>found</h2>' '<th>valley</th>' '>valley 0.*</text>' \
    '<pre>gradus find-lr --start 1e-7 --end 10 --steps 100 --data line</pre>' '<td>steps</td>' '<h2>steps</h2>'; do
    grep -q -- "$text" handout.html || fail "not in the page: $text"
  done
  [ "$(grep -c '^<svg' handout.html)" -eq 3 ] || fail "not three pictures"
  grep -q '1e+10' handout.html && fail "a run that diverged is drawn to its end"
  sed -n '/^<svg/,/^<\/svg>/p' handout.html | sed '/^<\/svg>/q' >page.svg
  well_formed page.svg

  run 0 compare 0.05 0.1 $line --seeds 2 --plot three.svg --plot three.png
  prints "wrote three.svg"
  well_formed three.svg
  grep -q "lowest loss" three.svg && [ -s three.png ] || fail "not three pictures"
  grep -qx '<title>learning rate; loss above the least, mean of 2 seeds; path over contours of the loss, first seed</title>' \
    three.svg || fail "not the title of what is shown"
  run 0 compare 0.05 1e3 $line --seeds 2 --plot one.svg --panels loss --size slide
  grep -q 'viewBox="0 0 1280 720"' one.svg && grep -q '<title>loss on all rows' one.svg && grep -q '>1</text>\|>1</tspan>' one.svg ||
    fail "not the loss on a slide, with the step of divergence"
  grep -q '>1e3 (diverged at step 1)<' one.svg || fail "no legend without the panel of rates"
  run 0 demo moons --plot two.svg
  well_formed two.svg
fi
ln first.jsonl linked.jsonl
for page in first.jsonl ./first.jsonl linked.jsonl; do
  refuses "--out: must not be one of the logs (got '$page')" report '<b>.jsonl' first.jsonl -o $page
done
grep -q '^{"gradus"' first.jsonl || fail "a log overwritten"
# broken LINES TEXT: a log of these lines is refused with this text.
broken() {
  printf "$1" >broken.jsonl
  refuses "$2" report broken.jsonl -o broken.html
  [ ! -e broken.html ] || fail "a page of a broken log"
}
good='{"step": 1, "loss": 0.5}\n'
broken '' "broken.jsonl: is empty"
broken '{"st' "broken.jsonl: must have lines of updates or epochs (got an incomplete one)"
broken '{"gradus": "0.1.0"}\n' "broken.jsonl: must have lines of updates or epochs (got none)"
broken "${good}not JSON\\n$good" "broken.jsonl:2: must be JSON"
broken "$good{\"step\": 2, \"loss\": NaN}\\n" "broken.jsonl:2: must be JSON"
broken '[1]\n' "broken.jsonl:1: must be a JSON object (got a list)"
broken '{"loss": 1}\n' 'broken.jsonl:1: must have a "step" or an "epoch"'
broken '{"step": "1"}\n' 'broken.jsonl:1: "step": must be a whole number (got "1")'
broken '{"step": 1.5}\n' 'broken.jsonl:1: "step": must be a whole number (got 1.5)'
broken '{"epoch": -1}\n' 'broken.jsonl:1: "epoch": must be a whole number (got -1)'
broken "$good$good" 'broken.jsonl:2: "step": must be above 1 (got 1)'
broken '{"step": 1, "loss": "x"}\n' 'broken.jsonl:1: "loss": must be a number or null (got "x")'
broken '{"gradus": "0", "command": "rm -rf"}\n' \
  'broken.jsonl:1: "command": must be a list of texts (got "rm -rf")'
broken "$good"'{"gradus": "0.1.0"}\n' 'broken.jsonl:2: a second run starts here; a report needs one run per file'
{
  printf '{"step": 1, "loss": '
  head -c 200000 /dev/zero | tr '\0' '['
  head -c 200000 /dev/zero | tr '\0' ']'
  echo '}'
} >deep.jsonl
refuses 'deep.jsonl:1: "loss": must be a number or null (got a list)' report deep.jsonl
for schedules in 1 '[1]' '{"a": [1]}'; do
  echo "{\"schedules\": $schedules}" >broken.json
  refuses 'broken.json: "schedules": must be a list of objects' report broken.json
done
for text in '{"schedules": [], "looks": 3}' '{"schedules": [{"losses": [null, "a", [1]], "label": []}]}' \
  '{"valley": 1, "rates": [1], "smoothed": [1]}' '{"valley": 1, "rates": [1, 2, 3], "smoothed": [1, 2]}' \
  '{"valley": "x", "rates": [1, 2], "smoothed": [null, null]}' \
  '{"valley": 1, "rates": [1, 2], "smoothed": [null, 1e308]}'; do
  echo "$text" >odd.json
  ! command -v gnuplot >/dev/null || run 0 report odd.json -o odd.html
done
refuses "give a log, such as run.jsonl; see gradus train --log" report
refuses "cannot open 'none.jsonl': No such file or directory" report none.jsonl
refuses "cannot read '.': not a regular file" report .

finish
