#!/bin/sh
# Options from a file, completion and help. Usage: command_config.sh PROGRAM
. "$(dirname "$0")/command_support.sh"
cd "$work" || exit 1

cat >run.toml <<'END'
data = "line"            # for every command
[train]
layers = [4, 4]
optimizer = 'adam(learning_rate=0.01)'
epochs = 3
quiet = true
[schedule]
steps = 7
END
run 0 train --config run.toml --json
grep -q '"model":"layers 1-4-4-1 with relu","optimizer":"Adam(.*"epochs":3,' out || fail "not the options of the file"
run 0 train --config run.toml --layers none --csv
[ "$(wc -l <out)" -eq 4 ] && [ ! -s err ] || fail "not the options of the file"
config() { printf '%b' "$2" >bad.toml; refuses "bad.toml:$1" train --config bad.toml; }
config "1: unknown key 'epoch'; did you mean epochs?" 'epoch = 3\n'
config "2: unknown command 'trein'; did you mean train?" '\n[trein]\n'
config "1: must be TOML, key = value (got JSON?)" '{"epochs": 3}\n'
config "2: must be TOML (while parsing key-value pair: cannot redefine existing integer 'seed')" 'seed = 1\nseed = 2\n'
config "3: the key 'seed' is repeated" 'seed = 1\n[train]\nseed = 2\n'
config "2: must be TOML (while parsing string: encountered end-of-file)" 'seed = 1\ndata = "line'
config "1: must be TOML (while parsing array: expected comma or closing ']', saw '4')" 'layers = [4 4]\n'
config "2: must be TOML (while parsing key-value pair: expected a comment or whitespace, saw '4')" '\nseed = 4 4\n'
config "1: must be TOML (while parsing value: could not determine value type)" 'data = line\n'
config "3: must be TOML (while parsing table header: cannot redefine existing table 'train')" '[train]\n\n[train]\n'
value="a value must be a text, a number, true or false, or a list of them"
config "1: $value" 'data = 1979-05-27\n'
config "2: $value" 'layers = [4,\n[4]]\n'
config "1: $value" 'train.data = {x = 1}\n'
config "1: unknown command 'dato'; did you mean data?" 'dato = {x = 1}\n'
config "1: a value must not hold NUL" 'data = "a\\u0000b"\n'
dots=$(head -c 400 /dev/zero | sed 's/\x0/a./g')
config "2: a key must have at most 200 parts" "# $dots\n$dots = 1\n"
config "1: quiet must be true or false (got 1)" 'quiet = 1\n'
config "1: quiet must be true or false (got [true])" 'quiet = [true]\n'
config "1: save must be one value (got [])" 'save = []\n'
config "1: data must be one value (got [line, moons])" 'data = ["line", "moons"]\n'
config "1: layers must not be empty (got [])" 'layers = []\n'
config "1: a value must not be empty" 'data = ""\n'
config "1: must be UTF-8 text" 'data = "\0377"\n'
refuses "cannot open 'none.toml': No such file or directory" train --config none.toml
# All of TOML: each spelling gives the same options.
for first in '' '\0357\0273\0277' '# a comment\n\n'; do
  for ending in '\n' '\r\n'; do
    while read -r lines; do
      {
        printf '%b' "${first}data = \"line\"${ending}quiet = true${ending}optimizer = 'adam'${ending}"
        printf '%s\n' "$lines" | sed "s/;/$ending/g"
      } >spelling.toml
      run 0 train --config spelling.toml --json
      grep -q '"model":"layers 1-4-8-1 with relu","optimizer":"Adam(.*"epochs":3,' out && [ ! -s err ] ||
        fail "not the options of $(cat spelling.toml)"
    done <<'END'
layers = [4, 8];epochs = 3
layers = [ # of each layer;  4,;;  8, # the last;];epochs = +3 # all;
layers = ['4', '''8'''];'epochs' = 0x3;
layers = '4,8';"epochs" = 0b11
layers = '''4,8''';epochs = 0o3
layers = """\;   4\;   ,8""";epochs = '3'
layers = ["\u0034", 8];epochs = 3.0
[train];layers = [4, 8];epochs = 3;[schedule];steps = 1_000;
[ "train" ];layers = [4, 8,];epochs = 3
train.layers = [4, 8];train . epochs = 3;schedule.steps = 7
train = {layers = [4, 8], epochs = 3}
END
  done
done
awk 'BEGIN { print "[schedule]"; for (i = 0; i < 80000; ++i) printf "k%d = 1\n", i }' >many.toml
begin=$(date +%s)
run 2 schedule 0.1 --config many.toml
grep -qx "gradus: error: many.toml:2: unknown key 'k0'; did you mean .*?" err || fail "not the first key"
sed -i 's/schedule/train/' many.toml
run 0 schedule 0.1 --csv --config many.toml
[ "$(($(date +%s) - begin))" -le 2 ] || fail "80000 keys take seconds"
printf 'epochs = 0\n' >bad.toml
refuses "--epochs: must be a whole number from 1 to 1000000000 in decimal digits (got '0')" train --config bad.toml

run 0 completion bash
if command -v bash >/dev/null; then
  complete() {
    bash -c '. ./out; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
             word=${COMP_WORDS[COMP_CWORD]}
             _gradus gradus "${word#\"}" "${COMP_WORDS[COMP_CWORD - 1]}"
             IFS=,; echo "${COMPREPLY[*]}"' bash "$@"
  }
  [ "$(complete gradus tr)" = train ] || fail "train is not completed"
  [ "$(complete gradus train --op)" = --optimizer ] || fail "--optimizer is not completed"
  [ "$(complete gradus train --data m)" = moons ] || fail "moons is not completed"
  [ "$(complete gradus train --save x)" = "" ] || fail "not a file's name"
  [ "$(complete gradus train --optimizer mu)" = muon ] || fail "muon is not completed"
  # Two replies keep the quotes open; a word without them gets them.
  [ "$(complete gradus compare '"OneC')" = 'OneCycle(,OneCycle(...)' ] || fail "no schedule"
  [ "$(complete gradus train --schedule Cosi)" = '"CosineDecay(,"CosineDecayRestarts(' ] || fail "no schedules"
  [ "$(complete gradus train --optimizer '"adam(0.1 * StepD')" = 'adam(0.1 * StepDecay(,adam(0.1 * StepDecay(...)' ] ||
    fail "the last name is not completed"
  [ "$(complete gradus train --epochs 3)" = "" ] || fail "a number is completed"
fi
for shell in zsh fish; do
  run 0 completion $shell
  ! command -v $shell >/dev/null || $shell -n out || fail "$shell cannot read the script"
done
prints "complete -c gradus -a '(__gradus_words)'"
refuses "shell: must be one of bash, zsh, fish (got 'csh'); did you mean zsh?" completion csh
run 0 --help-all
for text in "---- gradus train" "Usage: gradus train [OPTIONS]" "--validation-split SHARE=0" \
  "gradus train --resume iris.safetensors --epochs 300"; do prints "$text"; done
if [ -w /dev/full ]; then
  "$gradus" train --quiet --csv >/dev/full 2>err
  [ $? -eq 2 ] && grep -q "cannot write to stdout" err || fail "a full disk is not reported"
fi

finish
