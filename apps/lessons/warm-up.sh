#!/bin/sh
# When does warm-up help? Where the loss is steeper at the start than the rate allows.
. "$(dirname "$0")/lesson.sh"
net="--initializer he_normal --batch-size 200 --seeds 20"
warm='"warm=linear(0, 0.8, 60) >> 0.8"'

title "Warm-up"
ask "All rows in each update, a rate of 0.8. In one run it rises to 0.8 over the first 60 of 300 updates. Does the start matter at the end?"
run "gradus compare 0.8 $warm --data blobs $net --steps 300"
tell "Very much: 0.02 against 0.8, for all 20 seeds. At the start only rates up to 0.01 are stable, and 0.8 is far above."
ask "How can a rate of 0.8 work later? We stop in the middle of the warm-up:"
run "gradus compare $warm --data blobs $net --steps 30"
tell "While the rate rises, the curvature falls. Now it allows 0.33: the weights move to where the loss is flatter."
ask "And at the end of the warm-up?"
run "gradus compare $warm --data blobs $net --steps 60"
tell "Then it allows 0.38, and at the end of the run 0.49. Warm-up gives the weights the time to get there."
ask "Is a lower constant rate as good?"
run "gradus compare 0.01 0.2 $warm --data blobs $net --steps 300"
tell "No. 0.01, low enough for the start, is slow; 0.2, a far better one, still ends higher for 18 of 20 seeds."
ask "And on moons, where the first weights allow a hundred times as much?"
run "gradus compare 0.8 $warm --data moons $net --steps 300"
tell "There warm-up only loses time: it ends a little higher for all 20 seeds."
