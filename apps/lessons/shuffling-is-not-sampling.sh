#!/bin/sh
# Is a shuffled epoch a random sample of the rows? No: its noise cancels. The least loss possible here is 0.2926.
. "$(dirname "$0")/lesson.sh"
cd "$root/apps/lessons"
rows="--data twenty-rows.csv --no-target-scale --layers none --batch-size 4 --seeds 20 --vary sampling=fresh,shuffled"

title "Shuffling is not sampling"
ask "20 rows, 4 per update: draw them fresh for each update, or shuffle all rows once per epoch? One epoch, 5 updates:"
run "gradus compare \"CosineDecay(0.3, all)\" $rows --epochs 1"
tell "No clear winner: in the first epoch both are much alike."
ask "And after 12 epochs? Each update still sees 4 random rows."
run "gradus compare \"CosineDecay(0.3, all)\" $rows --epochs 12"
tell "Shuffled wins for all 20 seeds: its mean ends 0.0003 above the least loss, and that of fresh 0.0065, 22 times as much."
ask "Why? A shuffled epoch sees each row once, so the gradients of its batches average to the true gradient. At which rates does that help?"
run "gradus compare 0.3 0.1 0.03 $rows --epochs 60"
tell "At small rates: shuffled ends 1.5, 10 and 100 times nearer to the least loss. If the weights hardly move in an epoch, its noise cancels."
ask "A decaying rate becomes small. What do 60 epochs gain over 12?"
run "gradus compare \"CosineDecay(0.3, all)\" $rows --epochs 60"
tell "Fresh ends 4 times nearer to the least loss, as theory says, and shuffled 47 times. To compare real runs with exact curves, use --sampling fresh."
