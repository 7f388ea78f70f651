#!/bin/sh
# README.md keeps its word: its C++ compiles and runs, and the demo prints what it shows.
# Usage: readme.sh README STAIRCASE COMPILER FLAGS...   (the flags reach the library)
set -eu
readme=$1 staircase=$2 compiler=$3
shift 3
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

# The first ```text block is the demo.
awk '/^```text$/ { inside = 1; next } /^```$/ && inside { exit } inside' "$readme" >"$work/shown"
"$staircase" | diff "$work/shown" - && echo "the demo prints what README.md shows"
