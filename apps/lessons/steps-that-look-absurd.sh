#!/bin/sh
# Steps that look absurd: rates far above 2 / curvature, which together go fastest, and what rounding makes of them.
. "$(dirname "$0")/lesson.sh"
command -v quadratic >/dev/null || {
  echo "$0: the program quadratic is not built; build it with: sh apps/demo.sh" >&2
  exit 1
}

title "Steps that look absurd"
ask "Gradient descent on 60 weights, with curvatures from 0.01 to 1: a constant rate above 2 / 1 diverges. How far do 32 updates get at the best constant rate, 2 / 1.01?"
run 'quadratic "hold(2 / 1.01, 32)"'
tell "A fifth of the distance is left. Along the flattest direction each update removes only 2 percent."
ask "Chebyshev's steps are the best 32 rates for these curvatures. How large is the largest?"
run 'gradus schedule "Chebyshev(0.01, 1, 32)"'
tell "It is 94, and a constant is stable only up to 2. Half of the rates are above 2."
ask "What happens to the weights at these rates?"
run 'quadratic "Chebyshev(0.01, 1, 32)"'
tell "They end 80 times nearer than with the constant. One update moves them away along the steep directions, later updates bring them back: no weight grows beyond 100. The rates need not be stable one by one, only together."
ask "In exact arithmetic the order of the rates does not matter. What if the largest come first?"
run 'quadratic "Chebyshev(0.01, 1, 32, order=\"descending\")"'
tell "In double it does not matter either. But the weights grow to 3e13 on the way, and there the rounding errors of a float are far larger than the weights to be found."
ask "And if the smallest come first?"
run 'quadratic "Chebyshev(0.01, 1, 32, order=\"ascending\")"'
tell "In double the weights stay small, but in float the result is noise again: all large rates come last, and multiply the rounding errors of the updates before them. The fractal order mixes large and small rates, and is right to four digits in float."
