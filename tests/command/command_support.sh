# Helpers of the command line tests; sourced with the program as $1.
set -u
gradus=$(realpath "$1")
transcripts=$(realpath "$(dirname "$0")")/transcripts
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C.UTF-8 NO_COLOR=1
failures=0

fail() {
  echo "FAILED: gradus $arguments: $1"
  sed 's/^/  /' "$work/out" "$work/err"
  failures=$((failures + 1))
}

# run CODE ARGUMENTS...: keeps its output.
run() {
  code=$1
  shift
  arguments=$*
  "$gradus" "$@" >"$work/out" 2>"$work/err"
  got=$?
  [ "$got" -eq "$code" ] || fail "exit code $got, not $code"
}
# prints TEXT: somewhere on stdout.
prints() { grep -qF -- "$1" "$work/out" || fail "no '$1' on stdout"; }
# refuses TEXT ARGUMENTS...: exit code 2, this line on stderr, nothing on stdout.
refuses() {
  text=$1
  shift
  run 2 "$@"
  printf 'gradus: error: %s\n' "$text" | cmp -s - "$work/err" || fail "stderr is not '$text'"
  [ ! -s "$work/out" ] || fail "something on stdout"
}
# transcript NAME ARGUMENTS...: stdout must equal transcripts/NAME.txt.
transcript() {
  name=$1
  shift
  run 0 "$@"
  diff "$transcripts/$name.txt" "$work/out" >"$work/err" || fail "differs from transcripts/$name.txt"
}
# finish: the end of a test.
finish() {
  [ "$failures" -eq 0 ] || exit 1
  echo "all as it should be"
}
