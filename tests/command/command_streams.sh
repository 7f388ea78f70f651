#!/bin/sh
# `gradus` with streams that are closed or full, and files that may not grow. Usage: command_streams.sh PROGRAM
. "$(dirname "$0")/command_support.sh"
cd "$work" || exit 1
run 0 train --data line --epochs 2 --quiet --save model.st
head -c 1000 /dev/zero >foreign.st
truncate -s 1G foreign.st

# Each exit code is the same wherever stderr goes; an open file never gets its number.
while read -r code words; do
  for to in err closed full both; do
    rm -rf saved.st log.csv folder
    arguments="$words, stderr $to"
    case $to in
    err) eval "\"\$gradus\" $words" >out 2>err ;;
    closed) eval "\"\$gradus\" $words" >out 2>&- ;;
    full) [ -w /dev/full ] || continue; eval "\"\$gradus\" $words" >out 2>/dev/full ;;
    both) eval "\"\$gradus\" $words" >out 0<&- 2>&- ;;
    esac
    got=$?
    [ "$got" -eq "$code" ] || fail "exit code $got, not $code"
    [ ! -e saved.st ] || "$gradus" evaluate saved.st line >out 2>err || fail "the saved file is damaged"
    [ ! -e log.csv ] || ! grep -qv '^[a-z0-9_,]*$\|^[0-9.e,-]*$' log.csv || fail "something else in the log"
  done
done <<'END'
0 --version
0 train --data line --epochs 2
0 train --data line --epochs 2 --save saved.st --log log.csv
0 train --data line --epochs 2 --tensorboard folder
0 evaluate model.st line
0 predict model.st line
0 schedule 0.1 --csv
0 find-lr --data line
2 nonsense
2 train --epochs 0
2 train --data none.csv
2 train --config none.toml
2 evaluate foreign.st line
2 evaluate model.st moons
3 find-lr --start 100 --end 1e6
3 train --data line --optimizer "sgd(1e9)"
1 schedule "ExponentialDecay(1, 1, 10)" --steps 1000
END

# stdout closed: an error, unless there is nothing to print.
for words in --version "schedule 0.1 --csv" "train --data line --epochs 2 --json"; do
  arguments="$words, stdout closed"
  "$gradus" $words >&- 2>err
  [ $? -eq 2 ] && grep -qx "gradus: error: cannot write to stdout" err || fail "not an error"
done

# A file that may not grow is an error with its reason, not the end of the process.
while read -r limit file words; do
  for quiet in "" --quiet; do
    rm -rf saved.st log.csv log.jsonl folder
    arguments="$words $quiet, ulimit -f $limit"
    said=$(ulimit -f "$limit" && exec "$gradus" $words $quiet 2>&1 >/dev/null)
    got=$?
    [ "$got" -eq 2 ] || fail "exit code $got, not 2"
    echo "$said" >err
    grep -q "^gradus: error: cannot write '.*$file.*': File too large$" err || fail "not an error"
    [ "$(find . -name '.*.tmp' | wc -l)" -eq 0 ] || fail "a temporary file is left"
  done
done <<'END'
0 saved.st train --data line --epochs 2 --save saved.st
1 saved.st train --layers 64,64 --epochs 2 --save saved.st
0 log.csv train --data line --epochs 2 --log log.csv
0 log.jsonl train --data line --epochs 2 --log log.jsonl
0 events train --data line --epochs 2 --tensorboard folder
END
finish
