#!/bin/sh
# What are warm restarts good for?
. "$(dirname "$0")/lesson.sh"
once='"once=CosineDecay(0.3, 210)"'
thrice='"restarts=CosineDecayRestarts(0.3, 70, 1)"'
line="--data line --layers none --batch-size 4 --seeds 20"

title "Restarts"
ask "One cosine over 210 updates, or three of 70. Which one has the larger budget?"
run "gradus schedule $once $thrice --steps 210"
tell "Neither, by much: 31.65 and 31.95. The second is back at 0.3 after 70 and 140 updates."
ask "Which one ends lower?"
run "gradus compare $once $thrice $line --steps 210"
tell "The single one, for 16 of 20 seeds. Then why does anyone restart?"
ask "Somebody stops both after 70 updates. Which one is better now?"
run "gradus compare $once $thrice $line --steps 70"
tell "Restarts, for all 20 seeds: at the end of a cycle the model is ready to use."
ask "And if they are stopped 15 updates later?"
run "gradus compare $once $thrice $line --steps 85"
tell "The single one, for 19 of 20 seeds: never stop just after a restart. Restarts do not end lower; they let you stop early, at the end of a cycle."
