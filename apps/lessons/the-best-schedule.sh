#!/bin/sh
# How good could a schedule be? For a linear model the best one for your data can be computed.
. "$(dirname "$0")/lesson.sh"
cd "$root/apps/lessons"
mean="--data two-numbers.csv --task regression --no-target-scale --batch-size 1 --steps 100"
line="--data line --layers none --batch-size 4 --steps 210"

title "The best schedule for your data"
ask "Two rows: 0,1 and 0,3. The input is 0, so the model is only its bias, and the best bias is 2. One row in each update: which rates find it? (--best goes downhill in all 100 rates at once.)"
run "gradus expect 0.1 \"CosineDecay(0.4, all)\" $mean --best"
tell "Neither of the two is near. The best one begins at 0.4 and falls like 1/t."
ask "Like 1/t: has it a name?"
run "gradus expect \"InverseTimeDecay(0.4, 1, 0.8)\" $mean --best"
tell "Yes, exactly: 0.4 / (1 + 0.8 t). It keeps the mean of the numbers seen, in which the start counts as a quarter of a row. Each model of one weight with equally large inputs has its best schedule in this form."
ask "Two weights and inputs of many sizes: how near are the usual shapes?"
run "gradus expect 0.3 \"CosineDecay(0.3, all)\" \"linear(0.3, 0, all)\" $line --best"
tell "Cosine and linear end 2.6 and 3 times as far above the least as the best one, the constant 47 times. At first the best one jumps between 0.5 and 1, beyond the stable rate; then it falls like 1/t."
