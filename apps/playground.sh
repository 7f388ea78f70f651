#!/bin/sh
# Sets up and builds the playground: one HTML file with gradus in it, which needs no network.
set -eu
cd "$(dirname "$0")/.."
. apps/packages.sh

need $playground_packages
cmake --preset playground
cmake --build --preset playground --target playground
printf '\nThe playground is %s/build/playground/gradus.html. Open it in a browser, such as\n  chromium build/playground/gradus.html\n' "$PWD"
