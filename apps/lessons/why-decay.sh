#!/bin/sh
# Why do learning rates decay? A high rate is fast, a low one is exact, and a falling one is both.
. "$(dirname "$0")/lesson.sh"
line="--data line --layers none --seeds 20"

title "Why do rates decay?"
ask "210 updates of 4 rows: a high rate or a low one?"
run "gradus compare 0.3 0.01 $line --batch-size 4 --steps 210"
tell "The high one is fast, but the noise of the rows keeps it above 0.00954, the least. The low one has not arrived."
ask "Does the high rate need more time?"
run "gradus compare 0.3 $line --batch-size 4 --steps 840"
tell "No: four times the updates, and hardly a lower loss."
ask "What if the rate starts high and ends at 0? (\`all\` is the number of updates.)"
run 'gradus compare 0.3 0.01 "cosine=CosineDecay(0.3, all)" '"$line --batch-size 4 --steps 210"
tell "Fast and exact: lowest for all 20 seeds."
ask "If noise is the reason, what does decay gain without noise, with all rows in each update?"
run 'gradus compare 0.3 "cosine=CosineDecay(0.3, all)" '"$line --batch-size 200 --steps 210"
tell "Nothing: both end at the least loss."
ask "A network that can fit every row of its data: which wins there?"
run 'gradus compare 0.3 "cosine=CosineDecay(0.3, all)" --data xor --batch-size 4 --epochs 30 --seeds 20'
tell "The constant, for all 20 seeds. At the end every row agrees: without noise to average, decay only slows training down."
