#!/bin/sh
# One command compiles a program against an installed gradus, in float and in double.
# Usage: pkg_config.sh PREFIX FOLDER LIBDIR COMPILER SOURCE   (FOLDER prefix: as installed; moved: from a copy of it)
set -eu
prefix=$1 folder=$2 libdir=$3 compiler=$4 source=$5
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ "$folder" = moved ]; then
  cp -r "$prefix" "$work/moved here"
  prefix="$work/moved here"
fi
export PKG_CONFIG_PATH="$prefix/$libdir/pkgconfig"
for library in gradus gradus_f64; do
  eval "\"\$compiler\" -O0 \"\$source\" -o \"\$work/program\" $(pkg-config --cflags --libs $library)"
  "$work/program"
done
