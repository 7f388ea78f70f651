#!/bin/sh
# The output and exit codes of `gradus train`, `evaluate` and `predict`. Usage: command_train.sh PROGRAM
. "$(dirname "$0")/command_support.sh"
cd "$work" || exit 1

# ---- train --------------------------------------------------------------------------------------

# These print four digits, which are the same with every compiler and processor.
transcript train train
transcript train_spirals train --data spirals --layers 8 --optimizer "adam(beta_1=0.8, clipnorm=1)" \
  --schedule "OneCycle(0.02, 60)" --epochs 10 --validation-split 0.2
transcript train_line train --data line --layers none --optimizer momentum --epochs 3 --save line.st
transcript evaluate_line evaluate line.st line --seed 1

run 0 train --ascii
grep -q '[^ -~]' out && fail "not ASCII"
[ "$(wc -l <err)" -eq 10 ] || fail "not a line for each tenth"
grep -q '^epoch 3/30 - loss: 0.6[0-9]* - binary_accuracy: 0.[0-9]*$' err || fail "no such line"
# The suggested command works.
next=$(sed -n 's/^  gradus \(compare .*\)/\1/p' out)
eval "run 0 $next"
run 0 train --epochs 1 --seed 9007199254740992 --save seed.st
next=$(sed -n 's/^  gradus \(evaluate .*\)/\1/p' out)
eval "run 0 $next"
[ "$("$gradus" train 2>&1)" = "$("$gradus" train --seed 0 2>&1)" ] || fail "the same seed gives another result"
[ "$("$gradus" train 2>&1)" != "$("$gradus" train --seed 1 2>&1)" ] || fail "another seed gives the same result"

run 0 train --data spirals --layers 8 --schedule "OneCycle(0.02, 60)" --epochs 10 --validation-split 0.2
grep -q "^epoch 1/10 - loss: .* - val_loss: .* - learning_rate: " err || fail "no rate that moves"

run 0 train --epochs 2 --quiet
[ ! -s out ] && [ ! -s err ] || fail "not quiet"
run 0 train --epochs 2 --csv --data line
[ "$(head -n 1 out)" = "epoch,learning_rate,loss,mean_absolute_error,r2_score" ] || fail "no header"
[ "$(cut -d, -f1 out | tr '\n' ' ')" = "epoch 1 2 " ] || fail "not epochs 1 and 2"
run 0 train --epochs 2 --json --quiet --data blobs
grep -q '^{"data":"blobs: 200 rows, 3 classes","model":"layers 2-16-16-3 with relu","optimizer":"SGD(learning_rate=0.01, momentum=0, nesterov=False)","schedule":"0.01","loss":"sparse_categorical_crossentropy","epochs":2,"updates":14,"training":{"loss":.*,"accuracy":.*},"validation":null,"history":{"accuracy":\[.*\],"learning_rate":\[0.01,0.01\],"loss":\[.*\]},"saved":null}$' out ||
  fail "not the JSON"
[ ! -s err ] || fail "not quiet"

run 3 train --data line --schedule 1000 --epochs 5
grep -qx 'gradus: error: training diverged: .* at epoch 1 batch [0-9]* step [0-9]* (lr 1000, last finite loss .*); to find a lower rate: gradus find-lr --data line' err ||
  fail "divergence is not reported"
[ ! -s out ] || fail "something on stdout"
# The loss is infinite only after the last update.
for how in "" --quiet --json; do
  run 3 train --data line --layers none --schedule 1e21 --epochs 1 --batch-size 200 --save far.st $how
  tail -n 1 err | grep -qx 'gradus: error: training diverged: the loss is inf after 1 updates; to find a lower rate: gradus find-lr --data line --layers none --batch-size 200' ||
    fail "divergence is not reported"
  [ ! -s out ] && [ ! -e far.st ] || fail "something on stdout, or saved"
done
run 1 train --schedule "linear(0.1, 0.2, 10) >> 1e39"
tail -n 1 err | grep -q "learning_rate must fit the weights' number type" || fail "the schedule is not named"
run 1 train --optimizer "adam(weight_decay=linear(0.1, -0.1, 10))"
tail -n 1 err | grep -q "weight_decay schedule returned -0.0" || fail "the schedule is not named"
refuses "--optimizer: gradient_accumulation_steps must be at most 14, the batches of all epochs, or there is no update (got 15)" \
  train --optimizer "sgd(gradient_accumulation_steps=15)" --epochs 2
run 0 train --schedule "OneCycle(0.1, 1000)" --epochs 2
prints "note: the schedule: it would end at step 1000, but the run ends at 14"
run 0 train --optimizer "sgd(gradient_accumulation_steps=14)" --epochs 2
prints "after 2 epochs, 1 updates:"
run 1 train --schedule "linear(0.1, -0.1, 10)"
grep -q "^gradus: error: fit: SGD: learning_rate schedule returned -0.0[0-9]* at step 6: linear(" err || fail "the schedule is not named"

# ---- rows of each batch -------------------------------------------------------------------------

drawn="--data line --layers none --sampling fresh --batch-size 16"
run 0 train $drawn --epochs 4 --save fresh.st
prints ".sampling = Sampling::fresh});"
prints "layers 1-1, sgd, mean_squared_error, fresh batches of 16"
run 0 train $drawn --epochs 2 --save part.st --quiet
refuses "--sampling: must be as in 'part.st', fresh (got full)" train --resume part.st --epochs 4 --sampling full
run 0 train --resume part.st --epochs 4 --quiet
run 0 predict fresh.st line
cp out whole.txt
run 0 predict part.st line
cmp -s whole.txt out || fail "another end than that of the whole run"
refuses "--sampling: must be one of shuffled, fresh, replacement, full (got 'fesh'); did you mean fresh?" train --sampling fesh

# ---- logs ---------------------------------------------------------------------------------------

run 0 train --epochs 2 --batch-size 100 --log run.jsonl --tensorboard logs --quiet
head -n 1 run.jsonl | grep -q '^{"gradus":"[0-9.]*","command":\["train","--batch-size","100","--epochs","2","--log","run.jsonl","--tensorboard","logs"\],"data":"moons: 200 rows, 2 classes","model":"layers 2-16-16-1 with relu","optimizer":"SGD(.*)","schedule":"0.01","loss":"binary_crossentropy","batch_size":100,"epochs":2,"seed":0}$' ||
  fail "another description in the log"
[ "$(wc -l <run.jsonl)" -eq 7 ] || fail "not 4 updates and 2 epochs in the log"
ls logs/train/events.out.tfevents.* >/dev/null || fail "no curves for TensorBoard"
run 0 train --epochs 2 --log run.csv --quiet
[ "$(head -n 1 run.csv)" = "epoch,binary_accuracy,learning_rate,loss" ] || fail "no such log"
# A continued log equals that of one whole run, except for the line of the second start.
steps() { grep -v '"gradus"' "$1" | sed 's/, "seconds.*//'; }
run 0 train --epochs 4 --log whole.jsonl --save log.st --quiet
run 0 train --epochs 2 --log part.jsonl --save log.st --quiet
cp log.st kept.st
echo '{"step": 15, "loss": 1}' >>part.jsonl # what came after the checkpoint
run 0 train --resume log.st --epochs 4 --quiet
[ "$(steps whole.jsonl)" = "$(steps part.jsonl)" ] || fail "another log"
grep -q '"command":\["train","--epochs","4","--log","part.jsonl"\],.*"resumed_at":14}$' part.jsonl ||
  fail "no description of the resumed run"
if command -v gnuplot >/dev/null; then
  run 0 report part.jsonl -o part.html
  grep -qF 'gradus train --epochs 4 --log part.jsonl' part.html || fail "another run"
  grep -qF -- '--epochs 2' part.html && fail "the command before the resume"
fi
cat whole.jsonl whole.jsonl >twice.jsonl
refuses "twice.jsonl:34: a second run starts here; a report needs one run per file" report twice.jsonl -o twice.html
# A resumed run starts a new log if its log is gone or another one is given.
for end in jsonl csv; do
  for log in "" "--log new.$end"; do
    rm -f log.$end new.$end
    run 0 train --epochs 2 --log log.$end --save log.st --quiet
    new=log.$end
    if [ -z "$log" ]; then rm log.$end; else new=new.$end; cp log.$end kept.$end; fi
    run 0 train --resume log.st --epochs 4 --quiet $log
    said=$(cat err)
    [ "$said" = "$([ -n "$log" ] || echo "Logger: 'log.$end' was removed or emptied, and begins anew")" ] ||
      fail "said '$said'"
    [ -z "$log" ] || cmp -s log.$end kept.$end || fail "the old log was written to"
    run 0 train --resume log.st --epochs 6 --quiet
    case $end in
      csv) [ "$(cut -d, -f1 $new | tr '\n' ' ')" = "epoch 2 3 4 5 " ] ;;
      *) head -n 1 $new | grep -q '"resumed_at":14}' && [ "$(wc -l <$new)" -eq 34 ] &&
        [ "$(grep -c '"resumed_at":28}' $new)" -eq 1 ] ;;
    esac || fail "not a new log in $new"
  done
done
rm part.jsonl && touch part.jsonl
refuses "--log: must be a log of gradus train (got 'part.jsonl'); give another --log" train --resume kept.st --epochs 4
head -n 1 whole.jsonl >part.jsonl
run 2 train --resume kept.st --epochs 4
grep -q "^gradus: error: --log: 'part.jsonl' must hold at least the [0-9]* bytes that it held when training was saved (got [0-9]*); give another --log$" err ||
  fail "a cut log is continued"
run 0 train --resume kept.st --epochs 4 --log part.csv --tensorboard logs2 --quiet
[ "$(wc -l <part.csv)" -eq 3 ] && ls logs2/train/events.out.tfevents.* >/dev/null || fail "no other logs"
refuses "--log: the file must end in .jsonl or .csv (got 'run.txt')" train --log run.txt
refuses "cannot open 'none/run.csv': No such file or directory" train --quiet --log none/run.csv

# ---- a table, saved, evaluated, predicted -------------------------------------------------------

awk 'BEGIN { print "size,kind,class"; for (i = 0; i < 60; ++i)
  printf "%d,%s,%s\n", i % 7, i % 3 ? "new" : "old", i % 7 < 3 ? "small" : i % 3 ? "big" : "old, \"big\"" }' |
  sed 's/old, "big"/"old, ""big"""/' >t.csv
run 0 train --data t.csv --one-hot kind --optimizer "adam(learning_rate=0.05)" --save t.st --quiet
run 0 evaluate t.st t.csv
prints "t.st on 60 rows of t.csv"
grep -q "^accuracy  *1 " out || fail "not trained"
run 0 evaluate t.st t.csv --csv
grep -q "^rows,loss,constant_loss,accuracy,constant_accuracy$" out && grep -q "^60,.*,1.0,0.[0-9]*$" out || fail "not the CSV"
run 0 evaluate t.st t.csv --json
grep -q '^{"rows":60,"loss":.*,"accuracy":1.0,"constant_accuracy":0.[0-9]*,"classes":.*}$' out || fail "not the JSON"
printf 'kind,more,size\nnew,x,1\nold,,6\n' >new.csv
run 0 predict t.st new.csv
[ "$(cut -d, -f1 out | head -n 2 | tail -n 1)" = small ] || fail "not small"
grep -q '^class,big,"old, ""big""",small$' out && grep -q '^"old, ""big""",[0-9.e-]*,[0-9.e-]*,[0-9.e-]*$' out || fail "not the classes"
[ "$(wc -l <out)" -eq 3 ] || fail "not 2 rows"
printf 'kind,size\nnewer,1\n' >bad.csv
run 0 predict t.st bad.csv  # an unknown word becomes zeros
printf 'more,size\nnew,1\n' >bad.csv
refuses "bad.csv:1: columns of these names are needed: kind (got more, size)" predict t.st bad.csv
printf 'kind,size\n?,1\nnew,\n' >bad.csv
refuses "bad.csv: no data rows without a missing value: size 1, kind 1 of 2 rows" predict t.st bad.csv
# Each row gets a line, also a row that lacks a value, in the training file, too.
printf 'kind,size\nnew,\nnew,1\n?,1\n?,\nold,6\nNA,1\n' >gaps.csv
run 0 predict t.st gaps.csv
[ "$(sed 1d out | sed 's/,[0-9][0-9.e-]*/,N/g' | tr '\n' ' ')" = \
  'NA,NA,NA,NA small,N,N,N NA,NA,NA,NA NA,NA,NA,NA "old, ""big""",N,N,N NA,NA,NA,NA ' ] || fail "rows are not predicted in order"
printf 'a,b,y\n1,?,2\n2,1,4\n3,1,?\n4,2,8\n' >gaps.csv
run 0 train --data gaps.csv --drop-missing --save gaps.st
next=$(sed -n 's/^  gradus \(predict .*\)/\1/p' out)
eval "run 0 $next"
[ "$(sed 's/^[0-9.-]*$/N/' out | tr '\n' ' ')" = "y NA N N N " ] || fail "rows are not predicted in order"
printf 'kind,size,class\nnew,1,huge\n' >bad.csv
refuses "bad.csv:2: unknown class 'huge' (known are big, old, \"big\", small)" evaluate t.st bad.csv
refuses "new.csv:1: columns of these names are needed: class (got kind, more, size)" evaluate t.st new.csv
refuses "the data must be a file, because 't.st' was trained on t.csv (got 'moons')" predict t.st moons
refuses "--seed: must be given only with synthetic data (got a file)" predict t.st new.csv --seed 1
refuses "give a model and data, such as iris.safetensors new.csv; see --help" predict t.st
refuses "cannot open 'none.st': No such file or directory" evaluate none.st t.csv
refuses "t.csv: byte 8: not a gradus checkpoint (bad magic)" evaluate t.csv t.csv
head -c 3000 t.st >cut.st
run 2 predict cut.st new.csv
grep -q '^gradus: error: cut.st: byte ' err || fail "the damage is not reported"

run 0 train --data line --layers none --optimizer "sgd(0.3)" --save line.st --quiet
run 0 evaluate line.st line --seed 1
prints "mean_absolute_error"
run 0 predict line.st line
[ "$(head -n 1 out)" = y ] && [ "$(wc -l <out)" -eq 201 ] || fail "not 200 numbers"
refuses "the data must have as many inputs as line, which 'line.st' was trained on: 1 (got 2 in 'moons')" predict line.st moons
refuses "DATA: must be one of line, ravine, xor, moons, spirals, blobs, digits, or a file (got 'lin'); did you mean line?" \
  predict line.st lin
printf '1,2\n2,4\n3,6\n4,8\n' >bare.csv
refuses "bare.csv:1: the features' names are numbers (give --no-header if line 1 is data, else --label 2)" train --data bare.csv
run 0 train --data bare.csv --no-header --save bare.st --quiet
run 0 predict bare.st bare.csv
[ "$(head -n 1 out)" = 1 ] && [ "$(wc -l <out)" -eq 5 ] || fail "not 4 numbers"

# File names with control characters are printed as escapes, and can be typed.
odd=$(printf "it's\n\033[31m.csv")
cp bare.csv "$odd"
run 0 train --data "$odd" --no-header --epochs 1 --save "$(printf '\033.st')"
tr -d '\n' <out | grep -q '[[:cntrl:]]' && fail "a control character on stdout"
prints "read_table(\"it's\\012\\033[31m.csv\", {.task = Task::regression, .header = false})"
prints "gradus predict \$'\\033.st' \$'it\\'s\\012\\033[31m.csv'"
next=$(sed -n 's/^  gradus \(predict .*\)/\1/p' out)
! command -v bash >/dev/null || [ "$(bash -c "$gradus $next" | wc -l)" -eq 5 ] || fail "the suggested command fails"

# ---- resuming ----------------------------------------------------------------------------------

resumable="train --data spirals --layers 8 --optimizer adam --schedule CosineDecay(0.05,900) --validation-split 0.1"
run 0 $resumable --epochs 120 --save whole.st --quiet
run 0 $resumable --epochs 50 --save part.st --quiet
cp part.st half.st
run 0 train --resume part.st --epochs 120 --quiet
cmp -s whole.st part.st || fail "a resumed run ends elsewhere"
refuses "--epochs: must be above 120, the epochs already done (got 120)" train --resume part.st
run 0 train --resume half.st --epochs 120 --save other.st --data spirals --layers 8 --quiet
cmp -s whole.st other.st || fail "a resumed run ends elsewhere"
refuses "--layers: must be as in 'half.st', 8 (got 16)" train --resume half.st --layers 16 --epochs 60
refuses "--schedule: must be as in 'half.st', CosineDecay(0.05,900) (got 0.1)" train --resume half.st --schedule 0.1
refuses "cannot open 'none.st': No such file or directory" train --resume none.st

# interrupted SIGNAL SECONDS CODE EPOCHS: the signal ends a run again and again, and each time it is
# resumed; its file must equal that of one whole run. --foreground, because timeout otherwise sends the
# signal a second time, to its group, and a second signal ends the program at once.
long="train --data moons --layers 8,8 --optimizer nadam --schedule CosineDecay(0.01,30000) --quiet"
interrupted() {
  epochs=$4
  run 0 $long --epochs $epochs --save whole.st
  rm -f stopped.st
  stops=0
  while :; do
    if [ -e stopped.st ]; then go_on="train --resume stopped.st --quiet"; else go_on="$long --epochs $epochs --save stopped.st"; fi
    arguments=$go_on
    timeout --foreground --preserve-status -s "$1" "$2" "$gradus" $go_on >out 2>err
    got=$?
    # Training may be over when the signal comes, or not have started.
    [ $got -ne 0 ] && ! grep -q "after the last update, saved$\|, the epochs already done" err || break
    stops=$((stops + 1))
    [ $got -eq "$3" ] && [ $stops -lt 200 ] || { fail "exit code $got, not $3, or no end"; break; }
    [ "$1" = KILL ] || [ ! -s err ] || grep -qx "gradus: stopped after [0-9]* updates, in epoch [0-9]* of $epochs; saved; to continue: gradus train --resume stopped.st" err ||
      fail "no command to continue"
  done
  echo "$1: $stops times"
  [ $stops -gt 0 ] || fail "never stopped"
  cmp -s whole.st stopped.st || fail "a run stopped $stops times by $1 ends elsewhere"
  [ -z "$(ls .stopped.st.* 2>/dev/null)" ] || fail "files left over"
}
interrupted INT 0.06 130 8000
interrupted TERM 0.11 143 8000
interrupted KILL 0.5 137 30000
timeout --foreground --preserve-status -s INT 0.5 "$gradus" $long --epochs 1000000 >out 2>err
[ $? -eq 130 ] && grep -q "^gradus: stopped after .*; not saved: --save was not given$" err || fail "not stopped"

# ---- refused options ---------------------------------------------------------------------------

for number in nan inf 1e400 0x1p-3 010 -1 1 2 ten; do
  run 2 train "--validation-split=$number"
  grep -q '^gradus: error: --validation-split: must be ' err || fail "the share is not named"
done
for number in 0 -5 010 1e3 3.5 99999999999 ten nan; do
  refuses "--epochs: must be a whole number from 1 to 1000000000 in decimal digits (got '$number')" \
    train "--epochs=$number"
done
refuses "--validation-split: must leave rows on both sides (got 0.9999 of 200 rows)" train --validation-split 0.9999
refuses "--epochs: 1 required N missing" train --epochs
refuses "--schedule: must not be empty" train --schedule ""
for rate in nan inf 1e400 0x1p-3 -1 ten; do
  run 2 train --schedule "$rate"
  run 2 train --optimizer "sgd($rate)"
done
refuses "--optimizer: must not give a learning rate, which the schedule gives" train --schedule 0.1 --optimizer "adam(0.1)"
refuses "\"Cosin(1)\": column 1: unknown schedule 'Cosin'; did you mean 'Cosine'?" train --schedule "Cosin(1)"
refuses "\"adam(beta=1)\": column 11: adam has no argument 'beta'; did you mean 'beta_1'?" train --optimizer "adam(beta=1)"
refuses "\"sgd(-1)\": SGD: learning_rate must be finite and >= 0 (got -1)" train --optimizer "sgd(-1)"
refuses "--optimizer: must not give a learning rate, which find-lr varies" find-lr --optimizer "sgd(0.1)"
refuses "--save: must be a file that can be written (got 'none/a.st')" train --save none/a.st
refuses "--save: must be a file that can be written (got '.')" train --save .
refuses "--save: must be a file that can be written (got '/dev/null')" train --save /dev/null
ln -s none/a.st nowhere.st
refuses "--save: must be a file that can be written (got 'nowhere.st')" train --save nowhere.st
mkdir closed && touch closed/a.st && chmod a-w closed
[ -w closed ] || # it is for root
  refuses "--save: must be a file that can be written (got 'closed/a.st')" train --save closed/a.st
chmod u+w closed
# No output file replaces a file that is read, or another output.
ln -s fresh.csv link.csv
ln t.csv hard.csv
cp t.csv kept.csv
for file in t.csv ./t.csv "$work/t.csv" hard.csv; do
  refuses "--save: must not be the file of --data (got '$file')" train --data t.csv --save "$file"
  refuses "--log: must not be the file of --data (got '$file')" train --data t.csv --log "$file"
done
refuses "--log: must not be the file of --save (got './fresh.csv')" train --save fresh.csv --log ./fresh.csv
refuses "--log: must not be the file of --save (got 'link.csv')" train --save fresh.csv --log link.csv
refuses "--plot: must not be the file of --save (got './a.svg')" train --save a.svg --plot ./a.svg
cp t.st log.csv
refuses "--log: must not be the file of --resume (got 'log.csv')" train --resume log.csv --save new.st --epochs 60 --log log.csv
cmp -s t.csv kept.csv && cmp -s t.st log.csv && [ ! -e fresh.csv ] || fail "a file was written over"
refuses "--quiet: must not be combined with --plot term" train --quiet --plot term
refuses "--plot: the file must end in .svg, .png or .pdf (got 'a.gif')" train --plot a.gif
# Errors in options come before training, which prints lines.
PATH=$work run 1 train --epochs 1 --plot a.svg
echo "gradus: error: a.svg needs gnuplot (apt install gnuplot-nox)" | cmp -s - err || fail "gnuplot is not named"
refuses "t.csv:2: 'old' is not a number (column 'kind'; give --one-hot kind or --ignore kind)" train --data t.csv
refuses "--label: must be the name of one column of size, kind, class (got 'klass'); did you mean 'class'?" train --data t.csv --label klass
refuses "--one-hot: must hold names of columns of size, kind, class (got 'sort'); did you mean 'size'?" train --data t.csv --one-hot sort
printf 'o,o=size,y\na,1,2\nb,3,4\n' >bad.csv
refuses "--one-hot: must not hold a column whose name and '=' begin another's (got 'o' beside 'o=size')" \
  train --data bad.csv --one-hot o
awk 'BEGIN { print "x,y"; for (i = 0; i < 1001; ++i) printf "%d,w%d\n", i, i }' >words.csv
refuses "--data: must have at most 1000 classes (got 1001)" train --data words.csv
head -n 2 words.csv >one.csv
refuses "--data: must have at least 2 classes (got 1)" train --data one.csv
refuses "'--epoch' was not expected here; did you mean --epochs?" train --epoch 3

# ---- lengths of the run in texts -----------------------------------------------------------------
run 0 train --epochs 1 --quiet --save plain.st
run 0 train --schedule "linear(0, 0.1, all / 10) >> CosineDecay(0.1, 0.9 * all)" --optimizer "nesterov(momentum=hold(0.9, 3 * epoch))" \
  --loss BCE --activation swish --epochs 3 --save lengths.st --log lengths.jsonl
prints "layers 2-16-16-1 with silu, SGD(momentum=hold(0.9, 21), nesterov=True), binary_crossentropy"
prints "note: the schedule: the rate at step 0 is 0: the first update changes"
prints "    nothing; warmup(s, n), in place of a ramp from 0, starts at s(0) / n"
prints "linear(0, 0.1, 2.1) >> CosineDecay{.initial_learning_rate = 0.1, .decay_steps = 18.9}"
prints '  gradus evaluate lengths.st moons --seed 1'
head -n 1 lengths.jsonl | grep -qF '"--schedule","linear(0, 0.1, 2.1) >> CosineDecay(0.1, 18.9)","--epochs","3"' ||
  fail "a log without the numbers"
cp lengths.st again.st
run 0 train --resume lengths.st --epochs 4 --loss BCE --quiet --json  # the lengths are those of 3 epochs
prints 'decay_steps=18.9)'
refuses "--schedule: must be as in 'again.st', linear(0, 0.1, 2.1) >> CosineDecay(0.1, 18.9) (got hold(0.1,all))" \
  train --resume again.st --epochs 4 --schedule "hold(0.1,all)"
run 0 train --optimizer "momentum(CosineDecay(lr=0.02, T_max=all), clipnorm=1)" --epochs 2
prints "SGD(CosineDecay(0.02, 14), momentum=0.9, clipnorm=1)"
prints "CosineDecay{.initial_learning_rate = 0.02, .decay_steps = 14}, .momentum = 0.9}, {.clipnorm = 1}"
run 0 train --optimizer "nesterov(0.1, 0.5)" --epochs 1
prints "SGD{.learning_rate = 0.1, .momentum = 0.5, .nesterov = true}"
run 0 train --optimizer "adam(CosineDecay(0.02, epoch), gradient_accumulation_steps=2)" --epochs 2
prints "Adam(CosineDecay(0.02, 3.5), gradient_accumulation_steps=2)"
refuses "--schedule: must be as in 'plain.st', not given (got 0.1)" train --resume plain.st --epochs 4 --schedule 0.1
refuses "--drop-missing: must be as in 'plain.st', not given (got given)" train --resume plain.st --epochs 4 --drop-missing
refuses '"all": column 1: expected a rate (got a number of updates)' train --schedule all
printf 'schedule = "CosineDecay(0.1, all)"\nepochs = 2\n' >lengths.toml
run 0 train --config lengths.toml
prints "CosineDecay{.initial_learning_rate = 0.1, .decay_steps = 14}"
run 0 find-lr --optimizer "sgd(momentum=linear(0.5, 0.9, all))" --steps 40
prints "SGD(momentum=linear(0.5, 0.9, 40))"

finish
