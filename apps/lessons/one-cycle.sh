#!/bin/sh
# One cycle: the rate rises and falls once. What should the momentum do meanwhile?
. "$(dirname "$0")/lesson.sh"
net="--data digits --layers 32,32 --batch-size 16 --epochs 10 --seeds 20"

title "One cycle, with its momentum"
ask "The rate rises to 0.1 and falls to almost 0. What does the momentum do under it?"
run 'gradus schedule "rate=OneCycle(0.1, 320)" "momentum=mirror(OneCycle(0.1, 320), 0.95, 0.85)"'
tell "The opposite. A gradient moves the weights by rate / (1 - momentum) in all, so both high at once is a lot: 2 instead of 0.67."
ask "What happens if the momentum stays at 0.95?"
run "gradus compare \"OneCycle(0.1, all)\" $net --optimizer \"sgd(momentum=0.95)\""
tell "It ends at 1.23. See the loss while the rate is near its peak."
ask "And with the momentum mirrored?"
run "gradus compare \"OneCycle(0.1, all)\" $net --optimizer \"sgd(momentum=mirror(OneCycle(0.1, all), 0.95, 0.85))\""
tell "0.09: less than a tenth, for all 20 seeds."
ask "Is mirrored momentum always better, then? A peak of 0.03, with 0.95:"
run "gradus compare \"OneCycle(0.03, all)\" $net --optimizer \"sgd(momentum=0.95)\""
tell "0.12. Here 0.95 does no harm."
ask "And the same with the mirror?"
run "gradus compare \"OneCycle(0.03, all)\" $net --optimizer \"sgd(momentum=mirror(OneCycle(0.03, all), 0.95, 0.85))\""
tell "0.36: higher for all 20 seeds. The mirror makes a high rate safe; where nothing is at risk, it only brakes."
