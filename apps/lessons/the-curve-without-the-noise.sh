#!/bin/sh
# How much of a training curve is luck? For a linear model the mean over all runs is known exactly, without a run.
. "$(dirname "$0")/lesson.sh"
line="--data line --layers none --batch-size 4 --steps 210"
both='0.3 "cosine=CosineDecay(0.3, all)"'

title "The curve without the noise"
ask "210 updates of 4 rows, drawn anew each time: which loss can be expected at the end?"
run "gradus expect $both $line"
tell "0.0109 and 0.00962, without a seed. The bias is gone: the mean weights have arrived. What is left is noise: single runs scatter around them, less where the rate ends low."
ask "One run of each: how near is it?"
run "gradus expect $both $line --runs 1"
tell "One run is one throw of the dice: it says little about the schedule."
ask "The mean of 20 runs?"
run "gradus expect $both $line --runs 20"
tell "Nearer, and its standard error, the number beside it, says how near."
ask "And 1000 runs? The error falls with the square root of the number."
run "gradus expect $both $line --runs 1000"
tell "Within a few standard errors, which are 7 times smaller than with 20 runs. Training only samples the exact curve."
ask "When do runs have no noise at all?"
run "gradus expect $both $line --vary sampling=fresh,full"
tell "When each update sees all rows. Then nothing is left to average, and the constant is as good as the cosine."
