#!/bin/sh
# Can training do without a schedule that knows its end? An average of the weights in place of a falling rate.
. "$(dirname "$0")/lesson.sh"
moons="--data moons --noise 0.3 --seeds 20"
linear='"linear=momentum(linear(0.4, 0, 350))"'
free='"free=schedulefreesgd(4)"'

title "Stop at any time"
ask "A decay must know how long training lasts. Schedule-Free keeps its rate and averages the weights. Each at its best rate, 350 updates: who wins?"
run "gradus compare \"linear=momentum(linear(0.1, 0, all))\" \"free=schedulefreesgd(2)\" $moons --steps 350 --tune"
tell "No clear winner: the means differ by less than a tenth. Schedule-Free has a rate to find, too: its good rates span a factor of 2, no more than those of the decay."
ask "Training stops after 175 of these 350 updates. Which weights would you keep?"
run "gradus compare $linear $free $moons --steps 175"
tell "Those of Schedule-Free: their loss is lower for 18 of 20 seeds. The decay was half-way, and its rate still high."
ask "What if the decay had known that it has 175 updates?"
run "gradus compare \"linear=momentum(linear(0.4, 0, all))\" $free $moons --steps 175"
tell "With the same peak rate it still ends above Schedule-Free, for 18 of 20 seeds."
ask "And if there is time for 700 updates?"
run "gradus compare $linear $free $moons --steps 700"
tell "The decay has ended: its rate is 0. Schedule-Free goes on, and ends lower for all 20 seeds."
ask "With so much averaging, does the rate still matter?"
run "gradus compare 4 8 16 --optimizer schedulefreesgd $moons --steps 350"
tell "Yes: 8 is worse than 4 for most seeds, and 16 hardly trains. Schedule-Free needs no schedule, but a rate."
