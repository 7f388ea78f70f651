"""Tables that somebody has: `gradus train`, `evaluate` and `predict` with files of many kinds.

Usage: tables.py GRADUS cases FOLDER   each small input that once failed, and another of its kind; FOLDER has the inputs
       tables.py GRADUS dialects       one table written in many dialects gives the same bits
       tables.py GRADUS transcripts    whole sessions, beside transcripts/table_*.txt; with --write, writes them
"""

import csv
import difflib
import gzip
import io
import itertools
import json
import os
import random
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

program, part = Path(sys.argv[1]).resolve(), sys.argv[2]
here = Path(__file__).resolve().parent
environment = {**os.environ, "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
failures = 0


def fail(text):
    global failures
    failures += 1
    print(f"FAILED: {text}")


def run(folder, command, given=None, both=False):
    """Exit code, stdout and stderr of `gradus COMMAND` in the folder; with both, all in stdout."""
    done = subprocess.run([program, *shlex.split(command)], cwd=folder, env=environment, input=given,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT if both else subprocess.PIPE)
    return done.returncode, done.stdout.decode(), (done.stderr or b"").decode()


def column(text, index=0):
    return [row[index] for row in csv.reader(io.StringIO(text))][1:]


def r2(truth, predicted):
    mean = sum(truth) / len(truth)
    return 1 - sum((t - p) ** 2 for t, p in zip(truth, predicted)) / sum((t - mean) ** 2 for t in truth)


# ---- inputs that once failed ----------------------------------------------------------------------


class Case:
    """An input, the words of a command after `train --data FILE`, and what it must say.

    `texts` are patterns for stdout and stderr together, `works` options that the message must name and that, added to
    the command, make it train. `twin` is another input of the same kind, where `other` are its words in place of those
    of `texts`, `works` and `words`.
    """

    def __init__(self, file, twin, words="", code=0, texts=(), works=(), other=(), least_r2=None):
        self.file, self.twin, self.words, self.code = file, twin, words, code
        self.texts, self.works, self.other, self.least_r2 = texts, works, other, least_r2

    def check(self, folder, name, other):
        def own(text):
            for old, new in other:
                text = text.replace(old, new)
            return text

        command = f"train --data {name} {own(self.words)}"
        code, out, err = run(folder, command)
        label = f"gradus {command}\n{out}{err}"
        if code != self.code:
            fail(f"exit code {code}, not {self.code}: {label}")
        for text in map(own, self.texts):
            if not re.search(text, out + err):
                fail(f"no '{text}': {label}")
        if code == 2 and (out or err.count("\n") != 1 or len(err) > 315):
            fail(f"more than one line of at most 300 characters: {label}")
        for option in map(own, self.works):
            if option not in err:
                fail(f"no '{option}': {label}")
            elif run(folder, f"{command} {option} --quiet")[0] != 0:
                fail(f"what it says does not work: {label}")
        if self.least_r2:
            run(folder, f"{command} --quiet --save m.st")
            truth = [float(y) for y in column((folder / name).read_text(), -1)]
            reached = r2(truth, [float(y) for y in column(run(folder, f"predict m.st {name}")[1])])
            if reached < self.least_r2:
                fail(f"R^2 {reached}: {label}")


def rows(header, count, row):
    return header + "\n" + "".join(row(i) + "\n" for i in range(count))


GAPS = rows("p,q,r,y", 9, lambda i: f"{i},{'' if i % 3 else i},{i * i % 5},{i}")
WORDS = "where,kind,n,y\n" + "".join(f"{w},{k},{i},{i * 3 % 5}\n" for i, (w, k) in enumerate(zip("ABCABC", "uvuvuv")))

# In order: the input; another of its kind; what the command said of it on 27 November.
CASES = [
    # R^2 -85, exit code 0, nothing said
    Case("f01_target_scale.csv", rows("x,y", 90, lambda i: f"{i / 9:.2f},{-2e6 * i + 3e6 * (i % 7)}"), least_r2=0.9),
    # "no value in column 'b'"; then, with --drop-missing, 1 of 10 rows used and nothing said
    Case("f02_drop_silent.csv", GAPS, code=2, texts=["[69] of (9|10) rows", "--drop-missing"], works=["--ignore b"],
         other=[("ignore b", "ignore q")]),
    Case("f02_drop_silent.csv", GAPS, "--drop-missing", 0, ["[13] of (9|10) rows .* b [69]"], other=[(" b ", " q ")]),
    # "'A' is not a number (column 'town')"; then one unseen word refused the whole file of new rows
    Case("f03_train.csv", WORDS, code=2, works=["--one-hot town", "--ignore town"],
         other=[("hot town", "hot where,kind"), ("ignore town", "ignore where,kind")]),
    # with find-lr --start 1e-30 "ran away ... try a lower --start"; train diverged
    Case("f04_findlr_ran_away.csv", rows("x,y", 5, lambda i: f"{i},{0 if i % 2 else 9e8 * i}")),
    # "the name 'a' stands in columns 1 and 2", of which neither can be left out
    Case("f05_duplicate_names.csv", "p,q,q,y\n1,2,3,4\n3,2,1,0\n", code=2, texts=["'a' .*columns 1 and 2"],
         other=[("'a'", "'q'"), ("1 and 2", "2 and 3")]),
    # "'10-20' is not a number (column 'y')"; with the rows in another order 3 classes
    Case("f06_label_begins_with_digit.csv", "x,y\n1,2x\n2,3x\n3,1-2\n4,2x\n", texts=["3 classes"]),
    Case("f06_same_rows_other_order.csv", "x,y\n1,2x\n2,1-2\n3,2x\n4,3x\n", texts=["3 classes"]),
    # the name in --ignore "City, State" was taken for two
    Case("f07_comma_in_name.csv", '"a, b","c,d",y\n1,p,2\n2,q,1\n3,q,2\n', '--ignore "City, State"', 0,
         ["1-16-16-1|1 feature|layers 1"], other=[('"City, State"', """'"c,d"'""")]),
    # "a column besides the label 'a;b;y' must be left", "text after a closing quote"
    Case("f08_semicolon.csv", "p;q;r;z\n1,5;2;3;1\n2;3,5;4;2\n5;1,5;2;3\n", texts=["semicolon"]),
    Case("f08_semicolon_quoted.csv", '"p";"q";"z"\n1;"u, v";2\n3;"w";4\n', "--one-hot b", 0, ["semicolon"],
         other=[("b", "q")]),
    # "no data rows"
    Case("f09_cr_only.csv", "p,z\r1,2\r2,3\r3,4\r"),
    # "--data: must be one of line, ravine, ...; did you mean xor?"
    Case("f10_other_extension.data", "p q r\n1 2 3\n 2  3   4\n3 4 5\n"),
    Case("F10_UPPER.CSV", "p,z\n1,2\n2,3\n"),
    # "'F' is not a number (column 'M')"
    Case("f11_headerless_words_first.csv", "red,1.5,2\nblue,2.5,3\nred,0.5,4\n", code=2, texts=["--no-header"]),
    # training diverged, or the mean squared error of an exact line stayed at 265
    Case("f12_float32_unix_time.csv", rows("at,v", 60, lambda i: f"{1700000000 + 3600 * i},{i}"), least_r2=0.95),
    # "no value in column '' (--drop-missing leaves such rows out)", which then left out all
    Case("f13_trailing_delimiter.csv", "p;q;z;\n1;2;3;\n2;3;4;\n0;1;2;\n"),
    # "numeric target"; with an option of today: "5 classes"
    Case("f14_labels_2_4.csv", rows("x,y", 24, lambda i: f"{i % 8},{2 + 2 * (i % 2)}"), "--task classification", 0,
         ["2 classes"]),
    Case("f14_labels_minus_one_one.csv", rows("x,y", 33, lambda i: f"{i % 8},{i % 3 - 1}"), "--task classification", 0,
         ["[23] classes"]),
    # "'nan' is not finite (column 'a')"
    Case("f17_nan_is_not_missing.csv", "p,q,z\n1,null,2\nNone,3,4\n3,-,5\n4,4,5\n5,4,3\n", "--drop-missing", 0,
         ["2 of (3|5) rows"]),
    # "'p, q' is not a number (column 'b')": the quotes after a blank were part of the text
    Case("f18_space_before_quote.csv", 'p, q, z\n "1", "u, v", 2\n 2, "w", 3\n 3, "u, v", 2\n', "--one-hot b", 0,
         other=[("b", "q")]),
    Case("f18_ok.csv", '"p", q\n"u, v", 2\nr, 3\n', "--one-hot a", 0, other=[("a", "p")]),
]


def cases(inputs):
    """Each input where the folder has it, and its twin; then what takes more than one command."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for case in CASES:
            source = inputs / case.file
            if source.exists():
                (folder / case.file).write_bytes(source.read_bytes())
                case.check(folder, case.file, [])
            else:
                print(f"no {source}: only its twin")
            twin = "twin_" + case.file
            (folder / twin).write_bytes(case.twin.encode())
            case.check(folder, twin, case.other)
        sessions(folder)


def sessions(folder):
    def write(name, text):
        (folder / name).write_text(text)

    def expect(command, code, *texts):
        got, out, err = run(folder, command)
        if got != code or not all(re.search(text, out + err) for text in texts):
            fail(f"gradus {command}: exit code {got}, not {code} with {texts}: {out}{err}")
        return out

    # f03: an unseen word is zeros for its column, counted and named.
    write("towns.csv", "town,x,y\nA,1,2\nB,2,3\nA,3,4\n")
    write("new.csv", "town,x\nA,1\nC,2\nB,3\nC,4\n")
    expect("train --data towns.csv --one-hot town --save m.st --quiet", 0)
    out = expect("predict m.st new.csv", 0, "'?C'?")
    if len(column(out)) != 4 or any(one == "NA" for one in column(out)):
        fail(f"an unseen word: {out}")
    # f04: rates from the lowest start do not end in advice to go lower.
    write("far.csv", "x,y\n" + "".join(f"{i},{1e6 if i % 3 == 0 else i}\n" for i in range(20)))
    expect("find-lr --data far.csv --start 1e-30", 0)
    # f06: the order of rows is nothing to the classes.
    write("a.csv", "x,y\n1,10-20\n2,20-30\n3,<10\n4,5\n")
    write("b.csv", "x,y\n4,5\n3,<10\n1,10-20\n2,20-30\n")
    for name in ("a", "b"):
        expect(f"train --data {name}.csv --quiet --save {name}.st --epochs 1", 0)
    heads = [expect(f"predict {name}.st a.csv", 0).split("\n")[0] for name in ("a", "b")]
    if heads[0] != heads[1]:
        fail(f"other classes: {heads}")
    # f14: predict answers with the labels of the file.
    for labels in ((2, 4), (-1, 1), (1, 2, 3), (0, 1), (10, 20)):
        write("labels.csv", rows("x,y", 36, lambda i: f"{i % 12},{labels[i % 12 * len(labels) // 12]}"))
        out = expect("train --data labels.csv --save m.st", 0, f"{len(labels)} classes", "--task")
        predicted = set(column(expect("predict m.st labels.csv", 0)))
        if not predicted <= set(map(str, labels)):
            fail(f"labels {labels} are predicted as {predicted}")


# ---- dialects -------------------------------------------------------------------------------------

TABLE = [["size", "a b", "kind", "y"]] + [
    [f"{i * 0.75}", "" if i == 7 else f"{1000 - i * i}", ("new", "used; old", "x,y")[i % 3], f"{i * 0.5 - 3}"]
    for i in range(40)
]


def written(separator, end, quotes, decimal):
    def field(text):
        number = re.fullmatch(r"-?\d+\.?\d*", text)
        text = text.replace(".", decimal) if number else text
        text = text or ("?" if separator == " " else "")
        needs = separator in text or "," in text and separator == "," or " " in text
        return f'"{text}"' if needs or quotes == "all" or quotes == "words" and not number else text

    return "".join(separator.join(map(field, row)) + end for row in TABLE)


def dialects():
    """Yields name, extension, bytes and options of the same table."""
    options = '--one-hot kind --drop-missing --label y'
    ends, quoting = ("\n", "\r\n", "\r"), ("none", "words", "all")
    for separator, end, quotes, decimal in itertools.product(",;\t ", ends, quoting, ".,"):
        if decimal == "," and (separator == "," and quotes != "all"):
            continue
        given = " --decimal ," if decimal == "," else ""
        text = written(separator, end, quotes, decimal)
        yield (separator, end, quotes, decimal), ".csv", text.encode(), options + given
    plain = written(",", "\n", "none", ".")
    yield "a byte order mark", ".csv", b"\xef\xbb\xbf" + plain.encode(), options
    yield "gzip", ".csv.gz", gzip.compress(plain.encode()), options
    yield "gzip without its extension", ".data", gzip.compress(written(";", "\r\n", "all", ".").encode()), options
    yield "no extension", "", plain.encode(), options
    yield "a trailing separator", ".csv", plain.replace("\n", ",\n").encode(), options
    yield "blank lines", ".txt", plain.replace("\n", "\n\n").encode(), options
    yield "no end of the last line", ".CSV", plain.rstrip().encode(), options
    commented = "# from a sensor\n" + plain.replace("\n", " # more\n")
    yield "comments", ".csv", commented.encode(), options + " --comment '#'"
    yield "blanks around fields", ".csv", plain.replace(",", " , ").replace('x , y', "x,y").encode(), options
    yield "standard input", "-", plain.encode(), options


def same_bits():
    with tempfile.TemporaryDirectory() as name:
        folder, want, count = Path(name), None, 0
        (folder / "new.csv").write_text(written(",", "\n", "none", "."))
        for what, extension, data, options in dialects():
            file = "-" if extension == "-" else "t" + extension
            if file != "-":
                (folder / file).write_bytes(data)
            code, out, err = run(folder, f"train --data {file} {options} --epochs 2 --json --save m.st", data)
            if code != 0:
                fail(f"{what}: {err}")
                continue
            got = json.loads(out)
            weights = run(folder, "predict m.st -", written(",", "\n", "none", ".").encode())[1]
            result = got["history"], got["training"], got["model"], weights
            want = want or result
            count += 1
            if result != want:
                fail(f"{what}: another result: {out}")
        print(f"{count} dialects")
        if count < 40:
            fail("fewer than 40 dialects")


# ---- whole sessions -------------------------------------------------------------------------------


def noise(i):
    """A number in [-1, 1) that looks random, the same everywhere."""
    return 2 * random.Random(i).random() - 1


# Each session: its files, and its commands.
SESSIONS = {
    "blanks": (
        {"houses.data": "".join(f"{noise(i):8.4f} {i % 9:3d}  {60 + 3 * noise(-i):7.2f}   {i % 2} "
                                f"{20 + 8 * noise(i) + 4 * (i % 9) + noise(i + 999):6.2f}\n" for i in range(120))},
        ["train --data houses.data", "train --data houses.data --no-header --validation-split 0.2 --save houses.st",
         "evaluate houses.st houses.data", "predict houses.st houses.data"]),
    "decimal_commas": (
        {"wine.csv": rows('"sugar";"acid";"alcohol";"price"', 90,
                          lambda i: f"{i % 13}.{i % 10};{3 + noise(i) / 5:.3f};{9 + i % 5}.5;"
                                    f"{5 * (i % 13) + 9 + noise(i):.2f}".replace(".", ","))},
        ["train --data wine.csv --save wine.st", "train --data wine.csv --decimal , --save wine.st",
         "evaluate wine.st wine.csv", "predict wine.st wine.csv --keep acid"]),
    "gaps": (
        {"people.csv": rows("age,cabin,fare,children,survived", 90, lambda i: ",".join(
            ["NA" if i % 9 == 0 else str(20 + i % 50), "" if i % 3 else str(i % 30), f"{7 + i % 40}.25",
             "?" if i % 31 == 5 else str(i % 4), "yes" if i % 50 + 5 * noise(i) > 22 else "no"]))},
        ["train --data people.csv", "train --data people.csv --drop-missing",
         "train --data people.csv --ignore cabin --drop-missing --save people.st", "evaluate people.st people.csv",
         "predict people.st people.csv"]),
    "words": (
        {"survey.csv": rows(",".join(f"q{k}" for k in range(30)) + ",score", 80, lambda i: ",".join(
            [("yes", "no", "not sure")[(i * (k + 3) + k) % 7 % 3] for k in range(30)]
            + [f"{i % 7 * 2 + noise(i):.2f}"])),
         "new.csv": rows(",".join(f"q{k}" for k in range(30)), 2, lambda i: ",".join(["no"] * 28 + ["never", "yes"]))},
        ["train --data survey.csv", "train --data survey.csv --one-hot auto --save survey.st",
         "evaluate survey.st survey.csv", "predict survey.st new.csv"]),
    "labels": (
        {"signs.csv": rows("x1,x2,sign", 100, lambda i: f"{noise(i):.3f},{noise(3 * i + 1):.3f},"
                           f"{1 if noise(i) + noise(3 * i + 1) > 0 else -1}")},
        ["train --data signs.csv --validation-split 0.3 --save signs.st", "evaluate signs.st signs.csv",
         "predict signs.st signs.csv"]),
    "unix_times": (
        {"sensor.csv": rows("time,load,temperature", 100, lambda i: f"{1700000000 + 600 * i},{i * i % 11},"
                            f"{15 + i / 20 + (i * i % 11) / 4 + noise(i) / 3:.2f}")},
        ["train --data sensor.csv --save sensor.st", "find-lr --data sensor.csv", "evaluate sensor.st sensor.csv",
         "predict sensor.st sensor.csv"]),
}


def without_pictures(text):
    """The lines, with "..." for those that draw and for epochs before the last."""
    lines = []
    for line in text.rstrip("\n").split("\n"):
        drawn = re.search("[\u2500-\u28ff]|^  step  0", line) or re.match(r"epoch (\d+)/(?!\1 )", line)
        if not drawn:
            lines.append(line)
        elif lines[-1:] != ["..."]:
            lines.append("...")
    return lines


def session(name):
    """What a newcomer sees: the files' first lines, commands, their output without pictures, exit codes above 0."""
    files, commands = SESSIONS[name]
    text = ""
    with tempfile.TemporaryDirectory() as folder:
        for file, content in files.items():
            (Path(folder) / file).write_text(content)
            text += "".join(f"{line}\n" for line in [f"$ head -n 3 {file}", *content.split("\n")[:3]])
        for command in commands:
            code, out, _ = run(folder, command, both=True)
            lines = without_pictures(out)
            lines[6:] = ["..."] if command.startswith("predict") else lines[6:]
            text += f"\n$ gradus {command}\n" + "\n".join(lines) + "\n" + (f"(exit code {code})\n" if code else "")
    return text


def close(a, b):
    """Whether two lines differ by no more than a few percent in their numbers."""
    counts = r"\S+( +\d+)+"  # rows by class and predicted class
    if re.fullmatch(counts, a) and re.fullmatch(counts, b):
        return all(abs(int(p) - int(q)) <= 2 for p, q in zip(a.split()[1:], b.split()[1:]))
    number = r"-?\d+\.\d+(?:e[-+]?\d+)?"
    same = re.sub(r"\s+", " ", re.sub(number, "#", a)) == re.sub(r"\s+", " ", re.sub(number, "#", b))
    pairs = zip(map(float, re.findall(number, a)), map(float, re.findall(number, b)))
    return same and all(abs(p - q) <= 0.05 * max(abs(p), abs(q), 0.1) for p, q in pairs)


def compare(name, write):
    path = here / "transcripts" / f"table_{name}.txt"
    got = session(name)
    if write:
        path.write_text(got)
    want = path.read_text()
    one, two = want.split("\n"), got.split("\n")
    if len(one) != len(two) or not all(map(close, one, two)):
        fail(f"another session than {path}:")
        print("\n".join(difflib.unified_diff(one, two, lineterm="")))


if part == "cases":
    cases(Path(sys.argv[3]))
elif part == "dialects":
    same_bits()
else:
    for name in SESSIONS:
        compare(name, "--write" in sys.argv)
print("all as it should be" if failures == 0 else f"{failures} failures")
sys.exit(failures != 0)
