#!/bin/sh
# Sets up, builds the library and the gradus command, and trains y = 2x + 1 with a learning rate that halves:
# apps/staircase.cpp.
set -eu
cd "$(dirname "$0")/.."
. apps/packages.sh

need g++ cmake ninja-build libeigen3-dev libfmt-dev zlib1g-dev nlohmann-json3-dev libcli11-dev libtomlplusplus-dev
cmake --workflow --preset demo
build/demo/staircase
[ ! -x build/demo/gradus ] ||
  printf '\nThe gradus command is %s/build/demo/gradus. Try:\n  build/demo/gradus demo moons\n  sh apps/lessons/why-decay.sh\n' "$PWD"
