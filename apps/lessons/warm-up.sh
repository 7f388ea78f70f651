#!/bin/sh
# When does warm-up help? Where the loss is steeper at the start than the rate allows.
. "$(dirname "$0")/lesson.sh"
net="--initializer he_normal --batch-size 200 --seeds 20"
warm='"warm=linear(0, 0.8, 60) >> 0.8"'

title "Warm-up"
ask "All rows in each update, a rate of 0.8. In one run it rises to 0.8 over the first 60 of 300 updates. Does the start matter at the end?"
run "gradus compare 0.8 $warm --data blobs $net --steps 300"
tell "Very much: 0.02 against 0.8, for all 20 seeds. See what is stable at the start: 0.01, and 0.8 is far above it."
ask "How does the network come to bear 0.8? We stop in the middle of the warm-up:"
run "gradus compare $warm --data blobs $net --steps 30"
tell "While the rate rises, the curvature falls. Now it allows 0.33: the weights move to where the loss is flatter."
ask "And at its end?"
run "gradus compare $warm --data blobs $net --steps 60"
tell "0.38, and 0.49 at the end of the run. Warm-up gives the weights the time to get there."
ask "Is a lower constant rate as good?"
run "gradus compare 0.01 0.2 $warm --data blobs $net --steps 300"
tell "No. 0.01, low enough for the start, is slow; 0.2, the best constant, ends higher for 18 of 20 seeds."
ask "And on moons, where the first weights allow a hundred times as much?"
run "gradus compare 0.8 $warm --data moons $net --steps 300"
tell "Warm-up does nothing there but lose time: it ends a little higher for all 20 seeds."
