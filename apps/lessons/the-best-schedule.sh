#!/bin/sh
# How good could a schedule be? For a linear model the best one for your data can be computed.
. "$(dirname "$0")/lesson.sh"
cd "$root/apps/lessons"
mean="--data two-numbers.csv --task regression --no-target-scale --batch-size 1 --steps 100"
line="--data line --layers none --batch-size 4 --steps 210"

title "The best schedule for your data"
ask "Two rows: 0,1 and 0,3. The input is 0, so the model is only its bias, and the best bias is 2. One row per update: which rates find it? (--best looks for the 100 rates with the least final loss.)"
run "gradus expect 0.1 \"CosineDecay(0.4, all)\" $mean --best"
tell "Neither of the two comes near the best schedule, which begins at 0.4 and falls like 1/t."
ask "Does that schedule have a name?"
run "gradus expect \"InverseTimeDecay(0.4, 1, 0.8)\" $mean --best"
tell "Yes: InverseTimeDecay is exactly 0.4 / (1 + 0.8 t). With it the bias is a running mean of the targets, in which the start counts as a quarter of a row. Every model of one weight with inputs of equal size has a best schedule of this shape."
ask "Two weights, and inputs of many sizes: how near do the usual shapes come?"
run "gradus expect 0.3 \"CosineDecay(0.3, all)\" \"linear(0.3, 0, all)\" $line --best"
tell "Cosine and linear end 2.6 and 3 times as far above the least loss as the best one, the constant 47 times. At first the best one jumps between 0.5 and 1, above the stable rate; then it falls like 1/t."
