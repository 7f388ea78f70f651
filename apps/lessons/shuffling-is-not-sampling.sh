#!/bin/sh
# Is a shuffled epoch a random sample of the rows? No: its noise cancels. The least loss possible here is 0.2926.
. "$(dirname "$0")/lesson.sh"
cd "$root/apps/lessons"
rows="--data twenty-rows.csv --no-target-scale --layers none --batch-size 4 --seeds 20 --vary sampling=fresh,shuffled"

title "Shuffling is not sampling"
ask "20 rows, 4 per update: drawn fresh for each update, or dealt from a shuffled deck? One epoch, 5 updates:"
run "gradus compare \"CosineDecay(0.3, all)\" $rows --epochs 1"
tell "No clear winner: in their first epoch, both are much alike."
ask "Still 4 random rows in each update. Is there a difference?"
run "gradus compare \"CosineDecay(0.3, all)\" $rows --epochs 12"
tell "Shuffled, for all 20 seeds: 0.0003 above the least loss, and fresh 0.0065, 22 times as much."
ask "Why? In an epoch each row pulls once, and all pulls together are the true gradient. At which rates does that help?"
run "gradus compare 0.3 0.1 0.03 $rows --epochs 60"
tell "At small ones: shuffled ends 1.5, 10 and 100 times nearer to the least. If the weights hardly move in an epoch, its noise cancels."
ask "A decay becomes small. What do 60 epochs gain over 12?"
run "gradus compare \"CosineDecay(0.3, all)\" $rows --epochs 60"
tell "Fresh: 4 times nearer to the least, as theory says. Shuffled: 47 times. Compare exact curves with --sampling fresh."
