#!/bin/sh
# The page, and its address. Usage: command_playground.sh PROGRAM_WITH_PAGE PROGRAM_WITHOUT PAGE
. "$(dirname "$0")/command_support.sh"
without=$(realpath "$2") page=$(realpath "$3")
cd "$work" || exit 1
here=$(pwd -P)

# writes FILE ADDRESS ARGUMENTS...: the page into the file, and its address.
writes() {
  file=$1 address=$2
  shift 2
  run 0 playground "$@"
  cmp -s "$page" "$file" || fail "$file is not the page"
  printf 'wrote %s; open\nfile://%s/%s\n' "$file" "$here" "$address" | cmp -s - out || fail "not $address"
}
writes gradus.html gradus.html
writes gradus.html 'gradus.html#schedule=0.3&schedule=CosineDecay(0.3,%20210)&data=line&layers=none&batch-size=4' \
  0.3 "CosineDecay(0.3, 210)" --data line --layers none --batch-size 4
writes gradus.html 'gradus.html#schedule=a%26%C3%A9%25%2B%23%3Dhold(0.5,%20all)%20%3E%3E%201&steps=50' \
  'a&é%+#=hold(0.5, all) >> 1' --steps 50
mkdir 'a folder'
echo old >'a folder/100%.html'
writes 'a folder/100%.html' 'a%20folder/100%25.html#schedule=sgd(0.1,%20momentum%3D0.9)' \
  "sgd(0.1, momentum=0.9)" --out 'a folder/100%.html'
run 0 playground --sampling full --seed 7 --optimizer adam --loss binary_crossentropy --activation tanh
prints '#activation=tanh&optimizer=adam&loss=binary_crossentropy&sampling=full&seed=7'

refuses "\"Cosin(1)\": column 1: unknown schedule 'Cosin'; did you mean 'Cosine'?" playground 0.1 "Cosin(1)"
refuses "give at most 4 schedules (got 5)" playground 1 2 3 4 5
refuses "--data: must not be a file; the page reads none (got 'rows.csv')" playground --data rows.csv
refuses "--optimizer: must not give a learning rate, which the schedules give" playground --optimizer "sgd(1)"
refuses "--steps: must be a whole number from 1 to 10000 in decimal digits (got '10001')" \
  playground --steps 10001
refuses "--batch-size: must be a whole number from 1 to 10000 in decimal digits (got '0')" \
  playground --batch-size 0
for file in . - none/page.html; do
  refuses "--out: must be a file that can be written (got '$file')" playground -o "$file"
done

gradus=$without
rm gradus.html
refuses "this gradus was built without the page; run sh apps/playground.sh, which builds \
build/playground/gradus.html, then configure and build gradus again" playground 0.1
[ ! -e gradus.html ] || fail "a file without the page"
refuses "\"Cosin(1)\": column 1: unknown schedule 'Cosin'; did you mean 'Cosine'?" playground "Cosin(1)"
finish
