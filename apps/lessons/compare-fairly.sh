#!/bin/sh
# How does one compare fairly? Each entry at its own best rate.
. "$(dirname "$0")/lesson.sh"
line="--data line --layers none --batch-size 4 --steps 210 --seeds 20"
net="--data digits --layers 32,32 --batch-size 16 --epochs 10 --seeds 20"

title "Compare fairly"
ask "A constant or a cosine, both from 0.02: which one ends lower?"
run "gradus compare 0.02 \"cosine=CosineDecay(0.02, all)\" $line"
tell "The constant, for all 20 seeds. But the cosine has half the budget. Is 0.02 a good rate for it?"
ask "Now each at its own best rate, judged by seeds that did not choose it. Who wins?"
run "gradus compare 0.02 \"cosine=CosineDecay(0.02, all)\" $line --tune"
tell "The cosine: the opposite answer. And its good rates span a factor of 8, those of the constant a factor of 2: less to tune."
ask "SGD or Adam, both at 0.01, on a network?"
run "gradus compare \"sgd(0.01)\" \"adam(0.01)\" $net"
tell "Adam, by a factor of 70. Do you believe it?"
ask "And each at its own best rate?"
run "gradus compare \"sgd(0.01)\" \"adam(0.01)\" $net --tune"
tell "Adam still wins, by a factor of 10: SGD wanted 32 times the rate. Tune every entry, or the comparison says little."
