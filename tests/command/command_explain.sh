#!/bin/sh
# gradus explain, and the stable rates of least squares: their output and errors.
# Usage: command_explain.sh PROGRAM
. "$(dirname "$(realpath "$0")")/command_support.sh"
cd "$work" || exit 1
line="--data line --layers none"

# ---- explain -------------------------------------------------------------------------------------
# adds_up LINES: so many lines `w = 0.5 - 0.1 * -35 = 4`, each with the result of its arithmetic.
adds_up() {
  sed -n 's/^.*[vw] = \(.*\) = \(.*\)$/\1 = \2/p' "$work/out" | awk -v lines="$1" '
    { sum = 0; sign = 1; product = $1
      for (i = 2; $i != "="; i += 2)
        if ($i == "*") product *= $(i + 1)
        else { sum += sign * product; sign = $i == "-" ? -1 : 1; product = $(i + 1) }
      sum += sign * product
      off = sum - $(i + 1); if (off < 0) off = -off
      if (off > 0.00051 * (($1 < 0 ? -$1 : $1) + (sum < 0 ? -sum : sum) + 1)) { print "not", $0; bad = 1 } }
    END { exit bad || NR != lines }' || fail "not $1 lines that add up"
}
transcript explain_line explain $line --optimizer "sgd(0.1, momentum=0.9)" --at 0,1,50
adds_up 12
[ ! -s "$work/err" ] || fail "progress on stderr"
run 0 explain $line --at 1 --log log.jsonl
[ "$(grep -c '"step"' log.jsonl)" -eq 2 ] || fail "trained on after the last update"
for optimizer in "sgd(0.05) 6" "sgd(0.05,momentum=0.9,nesterov=True) 12" "adam(0.05) 6" "sgd(0.05,clipnorm=1) 6" \
  "sgd(0.05,weight_decay=0.1) 6" "adamw(0.05) 6"; do
  run 0 explain $line --optimizer "${optimizer% *}"
  adds_up "${optimizer#* }"
done
run 0 explain $line --optimizer "sgd(0.05,clipnorm=1)" --at 3
prints ", clipnorm 1"
# The weights are those of the training that demo makes.
staircase="ExponentialDecay(0.05, 42, 0.5, staircase=True)"
run 0 explain $line --schedule "$staircase" --at 0,209 --json
after=$(tail -c 200 "$work/out" | sed 's/.*"new_weights":\[\([^]]*\)\]}\]}$/\1/')
run 0 demo line --json
grep -q "\"path\":\[.*,$after\]\]" "$work/out" || fail "does not end at a bias of $after"
run 0 explain $line --schedule "$staircase" --at 42 --csv
[ "$(sed -n 1p "$work/out")" = "step,learning_rate,loss,parameter,weight,gradient,change,new_weight" ] &&
  [ "$(wc -l <"$work/out")" -eq 3 ] && grep -q '^42,0.025,.*,dense/kernel,' "$work/out" || fail "not the CSV"
awk -F, 'NR > 1 { off = $5 + $7 - $8; exit !(off < 1e-6 && off > -1e-6) }' "$work/out" || fail "the CSV does not add up"
run 0 explain --data moons --layers 4 --optimizer adam --at 5
prints "  norm of              weights   gradient     change   change/weights"
prints "  dense_1/bias"
[ "$(wc -l <"$work/out")" -eq 8 ] || fail "not two layers"
refuses "--at: must be a whole number from 0 to 209 in decimal digits (got '210')" explain $line --at 0,210
refuses "--at: must be a whole number from 0 to 209 in decimal digits (got '-1')" explain $line --at=-1
printf '[explain]\nat = []\n' >empty.toml
refuses "--at: give the number of an update" explain --config empty.toml
refuses "--csv and --json: must not both be given" explain --csv --json
# A run that diverges shows what was seen until then.
run 3 explain $line --optimizer "sgd(1e20)" --at 0,1,100
prints "update 0: rate 1e+20"
grep -q "^gradus: error: training diverged: " "$work/err" || fail "no error"

# ---- the stable rates of least squares -------------------------------------------------------------
# Gradient descent at a rate just below the limit converges, just above it diverges.
for optimizer in sgd "sgd(momentum=0.5)" "sgd(momentum=0.5,nesterov=True)"; do
  run 0 find-lr $line --optimizer "$optimizer" --json
  limit=$(sed 's/.*"stable":\([0-9.]*\).*/\1/' "$work/out")
  for times in "0.97 0" "1.03 3"; do
    run "${times#* }" train $line --batch-size 200 --epochs 2000 --optimizer "$optimizer" --quiet \
      --schedule "$(awk -v l="$limit" -v t="${times% *}" 'BEGIN { print l * t }')"
  done
done
run 0 find-lr $line --ascii
grep -q "^stable  *1   the highest stable rate" "$work/out" || fail "no stable rate"
run 0 demo line
prints "stable up to a rate of 0.996; curvatures 2.01 and 0.621"
run 0 compare 0.7 1.2 $line --seeds 1
prints " stable up to 0.996"
run 0 compare 0.05 $line --seeds 1  # far below
grep -q " stable up to 0.996" "$work/out" && fail "a line that flattens the rates"
run 0 compare 0.1 5 $line --seeds 1 --json
grep -o '"stable_rates":\[0.99[0-9]*\]' "$work/out" | [ "$(wc -l)" -eq 2 ] || fail "not both stable rates"
# Curvature and noise in a log, as Sharpness and GradientNoise add them, are drawn.
if command -v gnuplot >/dev/null; then
  printf '{"step": %s, "learning_rate": 0.1, "loss": 1, "sharpness": 2.5, "gradient_noise": 9}\n' 1 2 3 >log.jsonl
  run 0 report log.jsonl -o log.html
  grep -q "greatest curvature" log.html && grep -q "noise scale" log.html || fail "no curvature in the report"
fi
for problem in "--data moons --layers none" "$line --optimizer adam" "$line --loss mean_absolute_error"; do
  run 0 find-lr $problem --json
  grep -q '"stable"' "$work/out" && fail "a stable rate of $problem"
done
finish
