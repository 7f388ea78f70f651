#!/bin/sh
# One cycle: the rate rises and falls once. What should the momentum do meanwhile?
. "$(dirname "$0")/lesson.sh"
net="--data digits --layers 32,32 --batch-size 16 --epochs 10 --seeds 20 --panels loss,momentum"
# entries PEAK: one cycle with a fixed and with a mirrored momentum.
entries() {
  printf '"fixed=sgd(OneCycle(%s, all), momentum=0.95)" ' "$1"
  printf '"mirrored=sgd(OneCycle(%s, all), momentum=mirror(OneCycle(%s, all), 0.95, 0.85))"' "$1" "$1"
}

title "One cycle, with its momentum"
ask "The rate rises to 0.1 and falls to almost 0. What does its mirror, the momentum, do?"
run 'gradus schedule "rate=OneCycle(0.1, 320)" "momentum=mirror(OneCycle(0.1, 320), 0.95, 0.85)"'
tell "The opposite: it falls from 0.95 to 0.85 and rises again. In all, a gradient moves the weights by rate / (1 - momentum): at the peak 0.67, where a momentum of 0.95 would make it 2."
ask "Is that needed? What happens if the momentum stays at 0.95?"
run "gradus compare $(entries 0.1) $net"
tell "It ends more than ten times as high, for all 20 seeds. Its loss hardly falls between the updates 100 and 200, while the rate is high."
ask "Is a mirrored momentum always better, then? Now the peak is 0.03."
run "gradus compare $(entries 0.03) $net"
tell "No: here 0.95 does no harm, and ends lower for all 20 seeds. The mirror makes a high rate safe; where nothing is at risk, it only brakes."
