#!/bin/sh
# How large may a learning rate be? Every update uses all 200 rows, so nothing is random but the first weights.
. "$(dirname "$0")/lesson.sh"
line="--data line --layers none --batch-size 200 --steps 100 --seeds 20"

title "Too large or too small?"
ask "We fit y = 2x + 1 in 100 updates. Which of these rates reaches a loss of 0.01?"
run "gradus compare 0.003 0.03 0.1 $line --target 0.01"
tell "Only 0.1. A rate three times smaller needs three times as many updates."
ask "Larger was faster. Is 1.1 faster still?"
run "gradus compare 0.1 1.1 $line --target 0.01"
tell "No: each update jumps over the minimum and lands farther away. All 20 runs diverge."
ask "Where is the edge?"
run "gradus compare 0.95 1.05 $line"
tell "Between 0.95, which zigzags and arrives, and 1.05. The edge is 2 / curvature, and the largest curvature here is about 2."
ask "We do not know the curvature of a network. How do we find a rate?"
run "gradus find-lr --data line --layers none"
tell "In one run the rate rises until the loss does. A tenth of the rate with the lowest loss is a good start."
