#!/bin/sh
# How much of a training curve is luck? For a linear model the mean over all runs is known exactly, without a run.
. "$(dirname "$0")/lesson.sh"
line="--data line --layers none --batch-size 4 --steps 210"
both='0.3 "cosine=CosineDecay(0.3, all)"'

title "The curve without the noise"
ask "210 updates of 4 rows, drawn fresh for each: which loss is expected at the end?"
run "gradus expect $both $line"
tell "0.0109 and 0.00962, without a seed. The bias is gone: the mean weights are at the minimum. Only noise is left: single runs scatter around the mean weights, less where the rate ends low."
ask "How near is one run of each?"
run "gradus expect $both $line --runs 1"
tell "One run is one random draw: it says little about the schedule, and nothing about its own error."
ask "The mean of 20 runs?"
run "gradus expect $both $line --runs 20"
tell "Nearer; the standard error beside it says how near. But at one point it is 4.4 of these errors off: 20 runs give only a rough standard error."
ask "And 1000 runs? The error falls with the square root of the number."
run "gradus expect $both $line --runs 1000"
tell "They are within about 2 standard errors, which are 4 to 7 times smaller than with 20 runs. Training only samples the exact curve."
ask "When do runs have no noise at all?"
run "gradus expect $both $line --vary sampling=fresh,full"
tell "When each update sees all rows. Then all runs are the same, and the constant is as good as the cosine."
