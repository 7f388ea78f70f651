#!/bin/sh
# The first lesson: `gradus demo`, and then each command that the output before suggests, until a
# schedule does better. apps/README.md shows it.
# Usage: first_lesson.sh PROGRAM README
set -eu
gradus=$(realpath "$1")
readme=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export LC_ALL=C.UTF-8 NO_COLOR=1

# type COMMAND PATTERN: runs a command and keeps the lines of its output that tell the story.
type() {
  [ ! -e transcript ] || echo >>transcript
  printf '$ %s\n' "$1" >>transcript
  (eval "\"\$gradus\" ${1#gradus }") >out 2>err || { cat out err; exit 1; }
  sed -n "$2" out >>transcript
}
# The command that the output suggests.
suggested() { sed -n '/^next/,$ s/^  \(gradus .*\)/\1/p' out | head -n 1; }
# follow NAME PATTERN: runs the suggested command, which must have this name.
follow() {
  command=$(suggested)
  case $command in
  "gradus $1 "*) type "$command" "$2" ;;
  *) echo "not gradus $1 was suggested but: $command"; cat out; exit 1 ;;
  esac
}

type "gradus demo" '/^epoch/,/^loss/p'
first=$(sed -n 's/^loss on all rows: //p' out)
follow find-lr '/^mark/,/^minimum/p'
follow compare '/^schedule/,/^OneCycle/p; /^no clear/,/^and/p'
follow train '/^after/,/^a constant/p'
last=$(awk '/^training/ { print $2 }' out)
cp transcript shown
follow compare '/^schedule/,/^[0-9]/p'
awk -v first="$first" -v last="$last" 'BEGIN { exit !(last > 0 && last < 0.6 * first) }' || {
  echo "from a loss of $first only to $last"
  exit 1
}
awk '/^```text$/ { inside = 1; next } /^```$/ && inside { exit } inside' "$readme" | diff - shown
echo "from a loss of $first to $last"
