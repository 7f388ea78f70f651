#!/bin/sh
# How does one compare two schedules fairly? Each at its own best rate.
. "$(dirname "$0")/lesson.sh"
line="--data line --layers none --batch-size 4 --steps 210 --seeds 20"

title "Compare fairly"
ask "A constant or a cosine, both from 0.02: which one ends lower?"
run "gradus compare 0.02 \"cosine=CosineDecay(0.02, all)\" $line"
tell "The constant, for all 20 seeds. But is that fair? The cosine has half the budget."
ask "Which rate is the best one for the constant?"
run "gradus compare 0.01 0.02 0.04 0.08 0.16 $line"
tell "0.04: too low does not arrive, too high is noisy."
ask "And for the cosine?"
run "gradus compare \"cosine 0.04=CosineDecay(0.04, all)\" \"cosine 0.08=CosineDecay(0.08, all)\" \"cosine 0.16=CosineDecay(0.16, all)\" \"cosine 0.32=CosineDecay(0.32, all)\" \"cosine 0.64=CosineDecay(0.64, all)\" $line"
tell "0.16 or 0.32, far higher. And it hardly matters: from 0.08 to 0.64 it ends within 1 percent of the best."
ask "Each at its best, with seeds that chose nothing: who wins now?"
run "gradus compare 0.04 \"cosine=CosineDecay(0.32, all)\" $line --seed 100"
tell "The cosine, for 18 of 20 seeds: the opposite of the first answer. Tune both, or say nothing."
