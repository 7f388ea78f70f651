#!/bin/sh
# Where does a constant rate end? The least loss possible on this line is 0.00954.
. "$(dirname "$0")/lesson.sh"
line="--data line --layers none --steps 1000 --seeds 20"

title "Noise and batch size"
ask "1000 updates with one row each: does a smaller rate end lower or higher?"
run "gradus compare 0.1 0.03 $line --batch-size 1"
tell "Lower. Each row pulls to its own minimum, so w and b wander around the best ones, by less if the rate is small."
ask "Eight rows in each update: what happens to the distance from 0.00954?"
run "gradus compare 0.1 0.03 $line --batch-size 8"
tell "It shrinks: the mean of eight rows is less noisy than one row."
ask "Now eight times the rate as well: 0.24 with 8 rows. Is it like 0.03 with one?"
run "gradus compare 0.24 $line --batch-size 8"
tell "Yes: 0.0099, as 0.03 had with one row. The noise follows rate / batch size."
ask "And if every update sees all 200 rows?"
run "gradus compare 0.1 0.03 $line --batch-size 200"
tell "No noise: every rate ends at the least loss possible."
