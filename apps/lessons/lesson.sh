# Helpers of the lessons, which source this file. It finds gradus in build/demo, build/test or on the PATH.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
PATH=${GRADUS_FOLDER:-$root/build/demo}:$root/build/demo:$root/build/test:$PATH
command -v gradus >/dev/null || {
  echo "$0: the gradus command is not built; build it with: sh apps/demo.sh" >&2
  exit 1
}
[ ! -t 0 ] || [ ! -t 1 ] || waits=yes

title() {
  printf '%s\n' "$1"
  [ "${waits:-no}" = no ] || echo "(Enter runs the command that is shown; Enter again shows the answer.)"
}
# A question to the audience.
ask() { printf '\n? %s\n' "$1"; }
# Prints the command, waits for Enter on a terminal, and runs it.
run() {
  printf '$ %s' "$1"
  if [ "${waits:-no}" = yes ]; then read -r _; else echo; fi
  eval "$1" || printf '(exit code %s)\n' $?
}
# Waits for Enter on a terminal, where the output is still in sight, and prints the answer.
tell() {
  [ "${waits:-no}" = no ] || read -r _
  printf '> %s\n' "$1"
}
