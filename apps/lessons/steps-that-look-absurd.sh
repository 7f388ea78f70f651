#!/bin/sh
# Steps that look absurd: rates far above 2 / curvature, which together go fastest, and what rounding makes of them.
. "$(dirname "$0")/lesson.sh"
command -v quadratic >/dev/null || {
  echo "$0: the program quadratic is not built; build it with: sh apps/demo.sh" >&2
  exit 1
}

title "Steps that look absurd"
ask "Gradient descent on 60 weights, with curvatures from 0.01 to 1: a constant rate above 2 / 1 diverges. How far do 32 updates come with the best constant, 2 / 1.01?"
run 'quadratic "hold(2 / 1.01, 32)"'
tell "A fifth of the distance is left. Along the flattest direction each update takes only 2 percent away."
ask "Chebyshev's steps are the best 32 rates for these curvatures. How large is the largest?"
run 'gradus schedule "Chebyshev(0.01, 1, 32)"'
tell "It is 94, where 2 is stable. Half of the rates are above 2."
ask "What do such rates make of the weights?"
run 'quadratic "Chebyshev(0.01, 1, 32)"'
tell "They come 80 times nearer than the constant. What one update throws away along the steep directions, those after it bring back: the weights never grow beyond 100. Rates need not be stable one by one, only together."
ask "Only the product counts, so their order should not matter. Now the largest rates come first."
run 'quadratic "Chebyshev(0.01, 1, 32, order=\"descending\")"'
tell "In double it does not matter. But the weights grow to 3e13 on the way, and what a float rounds off there is far more than what is to be found."
ask "And the smallest first?"
run 'quadratic "Chebyshev(0.01, 1, 32, order=\"ascending\")"'
tell "The weights stay small, but in float it is noise again: all large rates come last, and multiply the rounding errors of the updates before them. The fractal order mixes both, and is right to four digits in float."
