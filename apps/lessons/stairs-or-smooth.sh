#!/bin/sh
# Does the shape of a decay matter, or only how much rate there is in all?
. "$(dirname "$0")/lesson.sh"
stairs='"stairs=StepDecay(0.3, 70, 0.5)"'
smooth='"smooth=ExponentialDecay(0.3, 70, 0.5)"'

title "Stairs or smooth?"
ask "Both halve every 70 updates. Which one has the larger budget, the sum of the rates?"
run "gradus schedule $stairs $smooth --steps 210"
tell "The stairs, with an area of 36.75 against 26.641: they are never below the smooth curve."
ask "Then which one ends lower?"
run "gradus compare $stairs $smooth --data moons --seeds 20"
tell "The stairs. But look at the budget: 36.8 against 26.6."
ask "And with the same budget?"
run "gradus compare $stairs $smooth --data moons --seeds 20 --equal-area"
tell "The difference is 1 percent, the other way round. It was the budget, not the shape."
ask "Does the shape never matter, then? What about a constant?"
run "gradus compare $stairs \"cosine=CosineDecay(0.3, all)\" 0.3 --data moons --seeds 20 --equal-area"
tell "A fall at the end matters: the constant ends highest. The form of the fall hardly does."
