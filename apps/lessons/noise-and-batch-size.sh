#!/bin/sh
# Where does a constant rate end? The least loss possible on this line is 0.00954.
. "$(dirname "$0")/lesson.sh"
line="--data line --layers none --steps 1000 --seeds 20"

title "Noise and batch size"
ask "1000 updates with one row each: does a smaller rate end lower or higher?"
run "gradus compare 0.1 0.03 $line --batch-size 1"
tell "Lower. Each row pulls to its own minimum, so w and b wander around the best ones, by less if the rate is small."
ask "1, 8 or 200 rows in each update: where does the rate of 0.1 end?"
run "gradus compare 0.1 $line --vary batch-size=1,8,200"
tell "More rows, less noise, nearer to 0.00954. With all 200 rows the noise is gone."
ask "Eight times the rows and eight times the rate: is 0.24 with 8 rows like 0.03 with one?"
run "gradus compare 0.24 $line --batch-size 8"
tell "Yes: 0.0099 both times. The noise follows rate / batch size."
