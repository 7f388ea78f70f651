#!/bin/sh
# When does warm-up help? A network with first weights that are too large, and the same one with good ones.
. "$(dirname "$0")/lesson.sh"
net="--data digits --layers 32,32 --optimizer momentum --batch-size 16 --epochs 20 --seeds 20"
large="--initializer \"variance_scaling(8)\""
warm='"warm=linear(0, 0.03, all / 5) >> 0.03"'

title "Warm-up"
ask "The first weights are large, and the loss is steep. The rate rises for the first fifth of the run, or it does not: does that matter at the end?"
run "gradus compare 0.03 $warm $net $large"
tell "Warm-up ends lower for all 20 seeds, by a factor of 10: the first updates at the full rate throw the weights far away."
ask "Would a lower constant rate do?"
run "gradus compare 0.003 0.01 $warm $net $large"
tell "No: low enough for the start is too slow for the rest."
ask "And with good first weights (Glorot's, the default)?"
run "gradus compare 0.03 $warm $net"
tell "There warm-up only costs time: the constant is a little lower."
