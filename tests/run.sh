#!/bin/sh
# Sets up, builds and tests: `sh tests/run.sh [PRESET]`.
#   test    everything (default)
#   quick   the library and its tests in float, for the daily round
#   asan    the library and its tests with clang, for invalid memory and undefined behaviour
#   tsan    the tests in float with clang, for data races
#   playground  the page: its WebAssembly against native code, its lessons, and in Chromium where that is installed
# The last line is `N passed, N failed`, with `, N skipped` when there are any.
set -u
cd "$(dirname "$0")/.." || exit 1
. apps/packages.sh

preset=${1:-test}
log=build/$preset/ctest.log  # CMakePresets.json has ctest write it
rm -f "$log"
packages="g++ cmake ninja-build libeigen3-dev libfmt-dev zlib1g-dev nlohmann-json3-dev doctest-dev python3-numpy
  clang-format-14"
case $preset in
test) packages="$packages libcli11-dev libtomlplusplus-dev gnuplot-nox pkgconf patch clang-14" ;;
asan) packages="$packages libcli11-dev libtomlplusplus-dev gnuplot-nox clang-14 libclang-rt-14-dev" ;;
tsan) packages="$packages clang-14 libclang-rt-14-dev" ;;
playground) packages="$packages $playground_packages" ;;
esac
status=1
ready() {  # what must be there before the workflow
  need $packages || return
  [ "$preset" = playground ] || return 0
  need_command node nodejs
  ! command -v chromium >/dev/null || need_command npm npm
  cmake --preset test && cmake --build --preset test --target gradus_answers  # to compare with
}
if ready; then
  cmake --workflow --preset "$preset"
  status=$?
fi

if [ -f "$log" ]; then
  # What was compared with recorded values; ctest does not show the output of a test that passed.
  for variant in f32 f64 dual; do
    grep -q "^[0-9]*/[0-9]* Testing: $variant " "build/$preset/Testing/Temporary/LastTest.log" || continue
    echo "Recorded values, $variant:"
    awk -v variant=$variant '/^[0-9]+\/[0-9]+ Testing: / { mine = $3 == variant } mine && /^golden /' \
      "build/$preset/Testing/Temporary/LastTest.log" | sort
  done
else
  echo "The tests did not run: see above."
  log=/dev/null
fi
# ctest counts a skipped test as passed. Without its summary, what failed is the setup or the build.
awk -v status="$status" '
  /^[0-9]+% tests passed/ { failed = $4; total = $NF }
  /^\t *[0-9]+ - .* \(Skipped\)$/ { ++skipped }
  END {
    if (status != 0 && failed + 0 == 0) { ++failed; ++total }
    printf "%d passed, %d failed", total - failed - skipped, failed
    if (skipped) printf ", %d skipped", skipped
    print ""
  }' "$log"
exit "$status"
