#!/bin/sh
# The runs of gradus compare: at once, in parts, tuned and stopped. Usage: command_runs.sh PROGRAM
. "$(dirname "$0")/command_support.sh"
cd "$work" || exit 1

# ---- parts ---------------------------------------------------------------------------------------
# Merged parts are the whole, byte for byte; 1e6 diverges at once.
few="--data line --layers none --steps 40 --seeds 5"
for all in "0.1 CosineDecay(0.2,40) 1e6 $few" "0.1 0.2 --layers 4 --steps 30 --seeds 3" "0.1 --seeds 1 --steps 9"; do
  for number in 3 1 2; do
    run 0 compare $all --part $number/3 -o part$number.json
    prints "wrote part$number.json: "
  done
  for look in "" --csv --json; do
    run 0 compare $all $look
    cp out whole
    run 0 compare --merge part*.json $look
    cmp -s whole out || fail "not the output of the whole"
  done
done
if command -v gnuplot >/dev/null; then
  run 0 compare 0.1 --seeds 1 --steps 9 --plot whole.svg
  run 0 compare --merge part3.json part1.json part2.json --plot merged.svg
  cmp -s whole.svg merged.svg || fail "not the plot of the whole"
fi
refuses "--merge: part 3/3 is missing" compare --merge part1.json part2.json
refuses "'part2.json': must not be part 2 again" compare --merge part?.json part2.json
refuses "--merge: give the files of all parts" compare --merge
refuses "--merge: the files give --seeds" compare --merge part?.json --seeds 5
run 0 compare 0.2 --seeds 1 --steps 9 --part 3/3 -o other.json
refuses "'other.json': must be a part of the same command as 'part1.json'" \
  compare --merge part1.json part2.json other.json
# damaged SED: part 1 after this edit is no part.
damaged() {
  sed "$1" part1.json >damaged.json
  refuses "'damaged.json': must be a file of gradus compare --part" compare --merge damaged.json part2.json part3.json
}
damaged 's/{/[/'
damaged 's/\[\[0,/&"x",/'
damaged 's/\[\[0,/&1.5,/'
damaged 's/"seeds":"1"/"seeds":1/'
damaged 's/"part":1/"part":null/'
damaged 's/"of":3/"of":null/'
sed 's/"runs":.*/"runs":[]}/' part1.json >empty.json
refuses "--merge: the files must have 1 runs (got 0)" compare --merge empty.json part2.json part3.json
refuses "cannot open 'none.json': No such file or directory" compare --merge none.json
refuses "--part: K of K/N: must be a whole number from 1 to 3 in decimal digits (got '4')" compare 0.1 --part 4/3 -o x.json
refuses "--out: must be a file that can be written (got '')" compare 0.1 --part 1/3
refuses "--out: must be given with --part" compare 0.1 -o x.json
refuses "--merge: must be given without --part" compare --merge part1.json --part 1/3 -o x.json
refuses "--jobs: must be a whole number from 1 to 1024 in decimal digits (got '0')" compare 0.1 --jobs 0

# ---- tuned rates ---------------------------------------------------------------------------------
# From any rate to the same best; then runs with other seeds.
run 0 compare 0.1 6.4 "a=0.001" $few --tune
tuned() { sed -n "s/^$1: best at \\([^,]*\\),.*/\\1/p" out; }
[ -n "$(tuned 0.1)" ] && [ "$(tuned 0.1)" = "$(tuned 6.4)" ] || fail "not the same best rate"
prints "; within 10% of it from "
prints "final loss over the greatest rate"
run 0 compare 0.1 6.4 $few --tune --json
grep -q '"first_seed":5,' out && grep -q '"searches":\[{"label":"0.1","best":0.2828' out || fail "not the JSON"
refuses "--tune: must be given without --equal-area and --part" compare 0.1 --tune --part 1/2 -o x.json
refuses '--tune: "0" must have rates above 0' compare 0.1 0 --tune

# ---- Ctrl-C --------------------------------------------------------------------------------------
# stopped ARGUMENTS...: by SIGINT after two seconds. A second signal would end it at once.
stopped() {
  arguments="$*, SIGINT"
  timeout --foreground -s INT --preserve-status 2 "$gradus" "$@" >out 2>err
  got=$?
  [ $got -eq 130 ] || fail "exit code $got, not 130"
}
long="0.1 0.2 --seeds 500 --steps 10000"
stopped compare $long
seeds=$(sed -n 's/^gradus: stopped after [0-9]* of 1000 runs; the results are of \([0-9]*\) seeds*$/\1/p' err)
[ -n "$seeds" ] || fail "not what is done"
[ "$seeds" -lt 2 ] || prints "loss: on all rows after the run, mean of $seeds seeds"
stopped compare $long --part 1/2 -o stopped.json
grep -q '^gradus: stopped after [0-9]* of 500 runs; nothing is saved$' err && [ ! -e stopped.json ] || fail "a part of a part"
stopped compare 0.1 0.2 --seeds 50 --steps 10000 --tune
grep -q "^gradus: stopped in the search for the best rates: no results yet$" err || fail "not in the search"
finish
