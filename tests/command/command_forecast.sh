#!/bin/sh
# gradus forecast: its output and errors. Usage: command_forecast.sh PROGRAM
. "$(dirname "$(realpath "$0")")/command_support.sh"
cd "$work" || exit 1

# made LEAST D2 G2 UPDATES RATE: writes a log of losses that follow the formula exactly, at a constant rate.
made() {
  awk -v least="$1" -v d="$2" -v g="$3" -v n="$4" -v rate="$5" 'BEGIN {
    for (t = 1; t <= n; ++t) {
      sum = 0
      for (k = 1; k < t; ++k) sum += 1 / (t - k)
      printf "{\"step\": %d, \"learning_rate\": %s, \"batch_loss\": %.17g}\n", t, rate,
        least + d / (2 * rate * t) + g * (rate / 2 + rate / 2 * sum)
    }
  }'
}

made 0.5 2 0.3 100 0.1 >one.jsonl
run 0 forecast one.jsonl 0.1 "half=0.05"
prints "loss = 0.5 + 2 a + 0.3 b"
prints "one: the fit is off by 0.0%"
run 0 forecast one.jsonl 0.1 half=0.05 --steps 50 --csv
[ "$(head -n 1 out)" = "schedule,step,learning_rate,loss,trained" ] || fail "other columns"
[ "$(grep -c '^half,' out)" -eq 51 ] || fail "not 51 places"
made 0.5 2 0.3 51 0.05 | tail -n 1 | sed 's/.*: \([0-9.]*\)}/\1/' >want
awk -F, 'NR == FNR { want = $1; next } $1 == "half" && $2 == 50 { d = $4 - want; exit !(d < 1e-9 && -d < 1e-9) }' \
  want out || fail "the forecast of 0.05 is not $(cat want)"
made 0.5 2 0 100 0.1 >still.jsonl
run 0 forecast still.jsonl 0.1
prints "note: these runs do not show what a high rate costs; add one at another rate"

line="--data line --layers none --batch-size 4 --epochs 8 --quiet"
run 0 train $line --schedule 0.1 --log constant.jsonl
run 0 train $line --schedule "linear(0.2, 0, all)" --log falling.jsonl
run 0 forecast constant.jsonl falling.jsonl 0.2 "cosine=CosineDecay(0.2, all)" --then-train --json
grep -q '"schedules":\[{"label":"0.2","text":"0.2","steps":400,"measured":\[0,4,8,.*"losses":\[.*"trained":\[' out ||
  fail "not the JSON"
# What it trains is the problem of the log.
trained=$(sed 's/.*"trained":\[[^]]*,\([^],]*\)\]}\]}$/\1/' out)
run 0 compare "CosineDecay(0.2, all)" --data line --layers none --batch-size 4 --epochs 8 --json
[ "$trained" = "$(sed 's/.*"losses":\[[^]]*,\([^],]*\)\].*/\1/' out)" ] || fail "it trained another problem: $trained"
run 0 forecast constant.jsonl falling.jsonl 0.2 "cosine=CosineDecay(0.2, all)" --then-train --plot term
prints "logged, and forecast; marks: trained"
prints "schedule     loss  trained  curve off  excess off"
# The order of the ends is right, and the curves are within a tenth.
awk '$1 == "0.2" { f = $2; t = $3; c = $4 } $1 == "cosine" { exit !($2 < f && $3 < t && c + 0 < 10 && $4 + 0 < 10) }' out ||
  fail "another order, or curves further off"

run 0 forecast constant.jsonl falling.jsonl 9 --then-train
grep -q '^9 .* diverged  *-  *-$' out || fail "no word of a run that diverged"
run 0 forecast one.jsonl 0.1
prints "note: these runs do not show what a high rate costs; add one at another rate"

refuses "hold(0, 9): must have a rate above 0 in 100 updates" forecast one.jsonl "hold(0, 9)"
refuses "worst_case: the rate must be finite and >= 0 (got -0.5 at step 0)" forecast one.jsonl "0.5 - 1"
refuses "--seeds: must be a whole number from 1 to 1000 in decimal digits (got 'x')" \
  forecast one.jsonl 0.1 --seeds x
refuses 'give a log of gradus train, which ends in .jsonl, and a schedule, such as run.jsonl "CosineDecay(0.1, all)"' forecast 0.1
refuses 'give a log of gradus train, which ends in .jsonl, and a schedule, such as run.jsonl "CosineDecay(0.1, all)"' forecast one.jsonl
refuses "--then-train: one.jsonl must say how it was trained, as gradus train --log writes it" \
  forecast one.jsonl 0.1 --then-train
sed '2d' one.jsonl >gap.jsonl
refuses "gap.jsonl: must have learning_rate and batch_loss of each update from the first on, as gradus train --log RUN.jsonl writes them" \
  forecast gap.jsonl 0.1
head -n 3 one.jsonl >short.jsonl
refuses "forecast: a run must have 3 updates or more to fit (got 2 of 3)" forecast short.jsonl 0.1
echo '{"gradus": "0", "command": ["train", "--save", "x"]}' | cat - one.jsonl >odd.jsonl
refuses "'--save' is not an option of the training" forecast odd.jsonl 0.1 --then-train

finish
