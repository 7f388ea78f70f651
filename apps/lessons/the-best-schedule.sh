#!/bin/sh
# How good could a schedule be? For a linear model the best one for your data can be computed.
. "$(dirname "$0")/lesson.sh"
cd "$(mktemp -d)"
line="--data line --layers none --batch-size 4 --steps 210"
mean="--data numbers.csv --task regression --no-target-scale --layers none --batch-size 1 --steps 100"

title "The best schedule for your data"
ask "Two numbers, 1 and 3, one in each update. The best answer is their mean. Which rates find it?"
run 'printf "x,y\n0,1\n0,3\n" >numbers.csv'
tell "The input is 0, so only the bias learns: one weight."
ask "Many schedules can be tried. --best goes downhill in all 100 rates at once, along the exact gradient of the expected loss."
run "gradus expect 0.1 \"CosineDecay(0.4, all)\" $mean --best"
tell "Neither is near. The best one begins at 0.4 and falls like 1/t."
ask "Like 1/t? Then it has a name."
run "gradus expect \"InverseTimeDecay(0.4, 1, 0.8)\" $mean --best"
tell "Exactly: 0.4 / (1 + 0.8 t). It turns the weight into the running mean of the numbers seen. So it is wherever all inputs are equally large and there is one weight."
ask "And with two weights, a slope and a bias, and inputs of many sizes?"
run "gradus expect \"CosineDecay(0.3, all)\" \"linear(0.3, 0, all)\" \"InverseTimeDecay(0.3, 1, 0.05)\" $line --best"
tell "No formula, but still a schedule to paste. It stays high first, then falls to almost 0: the shape that people found by trying."
