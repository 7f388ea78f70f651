#!/bin/sh
# README.md keeps its word: its C++ compiles and runs, and the programs print what it shows.
# Usage: readme.sh README STAIRCASE GRADUS COMPILER FLAGS...   (the flags reach the library; GRADUS
# is the command line, or - if it is not built)
set -eu
readme=$1 staircase=$2 gradus=$3 compiler=$4
shift 4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Blocks without a main() are one program together: later ones use what earlier ones declare.
awk -v dir="$work" '
  /^```cpp$/ { inside = 1; block = ""; next }
  /^```$/ && inside {
    inside = 0
    if (block ~ /int main/) printf "%s", block > (dir "/program" ++programs ".cpp")
    else pieces = pieces block
  }
  inside { block = block $0 "\n" }
  END {
    printf "#include <cmath>\n#include <gradus/gradus.h>\nusing namespace gradus;\n%s\n" \
           "int main() { return opt.iterations() == 0 && bump(50) == 0.1 ? 0 : 1; }\n", \
           pieces > (dir "/pieces.cpp")
  }' "$readme"

for source in "$work"/*.cpp; do
  echo "$(basename "$source"):"
  "$compiler" -std=c++20 -Wall -Wextra -Wpedantic -Werror "$source" -o "$work/run" "$@" 2>"$work/errors" || {
    cat "$source" "$work/errors"
    exit 1
  }
  "$work/run"
done

# text_block N: the Nth ```text block.
text_block() {
  awk -v n="$1" '/^```text$/ { inside = ++count == n; next } /^```$/ && inside { exit } inside' "$readme"
}
text_block 1 >"$work/shown"
"$staircase" | diff "$work/shown" - || exit 1
echo "the demo prints what README.md shows"

[ "$gradus" != - ] || exit 0
# draws NAME N: the first command of that name prints the Nth block.
draws() {
  command=$(sed -n "s|^build/test/gradus $1|$1|p" "$readme" | head -n 1)
  text_block "$2" >"$work/shown"
  eval "LC_ALL=C.UTF-8 NO_COLOR=1 \"\$gradus\" $command" | diff "$work/shown" - || exit 1
}
draws schedule 2
draws find-lr 3
echo "gradus draws what README.md shows"
