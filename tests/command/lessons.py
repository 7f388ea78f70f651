"""The lessons of apps/lessons: what they print, and what they claim.

Usage: lessons.py GRADUS LESSON     the test of one lesson
       lessons.py GRADUS --write    writes all transcripts

A transcript has the questions, commands and answers, and of the output the tables and verdicts; of networks, which give
slightly different numbers on other processors, only the verdicts for all seeds. A claim is a condition on the final losses of 20 seeds, from
the very command that the lesson shows, with --json.
"""

import difflib
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

SEEDS = 20
program = Path(sys.argv[1]).resolve()
here = Path(__file__).resolve().parent
lessons = here.parents[1] / "apps" / "lessons"
environment = {**os.environ, "GRADUS_FOLDER": str(program.parent), "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}


def below(low, high):
    return sum(a < b for a, b in zip(low, high))


def results_of(command):
    """What a command of the lesson prints with --json."""
    words = [str(program), *shlex.split(command)[1:], "--json"]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, cwd=lessons)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return json.loads(done.stdout)


class Runs:
    """The final losses of each schedule, by label; infinity for a run that diverged."""

    def __init__(self, command, seeds=SEEDS):
        self.command = command
        result = results_of(command)
        schedules, self.searches = result["schedules"], result.get("searches")
        self.losses = {
            one["label"]: [float("inf") if loss is None else loss for loss in one["final_losses"]] for one in schedules
        }
        assert all(len(losses) == seeds for losses in self.losses.values()), f"{command}: not {seeds} seeds"
        self.stable = schedules[-1]["stable_rates"]  # at the first and the last weights; [] without exact derivatives

    def wins(self, low, high):
        """The seeds for which `low` ends below `high`."""
        return below(self.losses[low], self.losses[high])

    def mean(self, label):
        return sum(self.losses[label]) / SEEDS

    def diverged(self, label):
        return self.losses[label].count(float("inf"))


class Exact(dict):
    """The exact curves of gradus expect by label, with the results of its runs."""

    def __init__(self, command):
        super().__init__((one["label"], one) for one in results_of(command)["schedules"])

    def excess(self, label):
        return self[label]["loss"] - self[label]["least"]

    def off(self, label):
        """The largest distance of the mean of the runs from the exact loss, in standard errors."""
        one = self[label]
        seen = [run for run in one["runs"] if run["error"] > 1e-9 * run["mean"]]
        return max(abs(run["mean"] - one["losses"][run["step"]]) / run["error"] for run in seen)


LEAST = 0.009542  # the least loss on the line


def too_large(runs):
    yield "0.1 ends below 0.003", runs[0].wins("0.1", "0.003") == SEEDS
    yield "1.1 diverges", runs[1].diverged("1.1") == SEEDS
    yield "0.95 arrives", max(runs[2].losses["0.95"]) < 1.001 * LEAST
    yield "1.05 diverges", runs[2].diverged("1.05") == SEEDS


def noise(runs):
    one, rows, both = runs
    yield "a smaller rate ends lower", one.wins("0.03", "0.1") >= 18
    over = {number: rows.mean(f"batch-size {number}") - LEAST for number in (1, 8, 200)}
    yield "eight rows: at least eight times nearer", over[1] > 8 * over[8] > 0
    yield "all rows: the least loss", over[200] < 0.0001 * LEAST
    ratio = (both.mean("0.24") - LEAST) / (one.mean("0.03") - LEAST)
    yield "rate / batch size decides", 0.5 < ratio < 2


def decay(runs):
    yield "high ends below low", runs[0].wins("0.3", "0.01") == SEEDS
    yield "but far above the least", runs[0].mean("0.3") > 1.1 * LEAST
    yield "also after more updates", runs[1].mean("0.3") > 1.08 * LEAST
    yield "decay ends lowest", runs[2].wins("cosine", "0.3") == runs[2].wins("cosine", "0.01") == SEEDS
    yield "decay gains nothing without noise", abs(runs[3].mean("cosine") / runs[3].mean("0.3") - 1) < 1e-4
    yield "a network that fits every row", runs[4].wins("0.3", "cosine") >= 19


def stairs(runs):
    first, equal, shapes = runs
    yield "stairs end lower", first.wins("stairs", "smooth") >= 17
    yield "at equal budget by 3 percent at most", abs(equal.mean("1.38 * smooth") / equal.mean("stairs") - 1) < 0.03
    yield "cosine and stairs, too", abs(shapes.mean("1.16 * cosine") / shapes.mean("stairs") - 1) < 0.04
    yield "a constant ends higher", shapes.wins("1.16 * cosine", "0.583 * 0.3") >= 17


def restarts(runs):
    whole, early, later = runs
    yield "one cosine ends lower", whole.wins("once", "restarts") >= 15
    yield "restarts are better at the end of a cycle", early.wins("restarts", "once") == SEEDS
    yield "and worse after it", later.wins("once", "restarts") >= 18


def warm_up(runs):
    blobs, middle, end, lower, moons = runs
    yield "warm-up ends lower", blobs.wins("warm", "0.8") >= 19
    yield "by far", blobs.mean("warm") < 0.1 < 0.5 < sum(min(loss, 1) for loss in blobs.losses["0.8"]) / SEEDS
    yield "lower constants do not do", lower.wins("warm", "0.01") >= 18 and lower.wins("warm", "0.2") >= 15
    yield "no gain on moons", moons.wins("0.8", "warm") >= 17
    yield "and no loss to speak of", moons.mean("warm") < 1.4 * moons.mean("0.8")
    if middle.stable:  # gradus has exact derivatives
        yield "0.8 is far above what is stable at the start", middle.stable[0] < 0.02
        yield "which rises with the rate", middle.stable[0] * 10 < middle.stable[1] < 1.2 * end.stable[1]
        yield "and is higher on moons", moons.stable[0] > 50 * middle.stable[0]
        ones = [end.command.replace("--seeds 20", f"--seeds 1 --seed {seed}") for seed in range(SEEDS)]
        starts = [Runs(one, 1).stable[0] for one in ones]
        yield "so it is for other data and weights", max(starts) < 0.4


def one_cycle(runs):
    high, low = runs
    yield "a falling momentum makes the high peak safe", high.wins("mirrored", "fixed") == SEEDS
    yield "by far", high.mean("mirrored") < high.mean("fixed") / 5
    yield "at a low peak it only brakes", low.wins("fixed", "mirrored") == SEEDS


def fairly(runs):
    same, tuned, rules, tuned_rules = runs
    yield "at the same rate the constant wins", same.wins("0.02", "cosine") == SEEDS
    constant, cosine = tuned.losses.values()
    yield "each at its best, the cosine wins", below(cosine, constant) >= 15
    spans = [one["good"][1] / one["good"][0] for one in tuned.searches]
    yield "and its good rates span more", spans[1] > 3 * spans[0]
    sgd, adam = rules.losses.values()
    yield "Adam wins at 0.01, by a factor of 50 or more", below(adam, sgd) == SEEDS and sum(sgd) > 50 * sum(adam)
    sgd, adam = tuned_rules.losses.values()
    yield "tuned, by a factor of 30 at most", below(adam, sgd) >= 19 and sum(sgd) < 30 * sum(adam)


def sampling(runs):
    least = 0.2926116  # on the 20 rows

    def excess(part, label=""):
        fresh, shuffled = (part.mean(label + "sampling " + how) - least for how in ("fresh", "shuffled"))
        return fresh, shuffled, fresh / shuffled

    short, long, constants, longer = runs
    yield "after one epoch neither wins", 5 <= short.wins("sampling shuffled", "sampling fresh") <= 15
    yield "after 12 epochs shuffled wins", long.wins("sampling shuffled", "sampling fresh") == SEEDS
    yield "by a factor of 12 or more", excess(long)[2] > 12
    gains = [excess(constants, f"{rate}, ")[2] for rate in (0.3, 0.1, 0.03)]
    yield "more at smaller rates", gains[0] < 2.5 and 5 < gains[1] < 20 and gains[2] > 50
    yield "fresh noise falls as 1 / updates", 3 < excess(long)[0] / excess(longer)[0] < 7
    yield "shuffled noise falls far faster", excess(long)[1] / excess(longer)[1] > 20


def without_noise(curves):
    plain, one, twenty, many, full = curves
    for label in ("0.3", "cosine"):
        yield f"{label}: the bias is gone", plain[label]["bias"][-1] < 1e-9 * plain[label]["noise"][-1]
        errors = [runs[label]["runs"][-1]["error"] for runs in (twenty, many)]
        yield f"{label}: a thousand runs, a seventh of the error", 4 < errors[0] / errors[1] < 12
        yield f"{label}: the exact curve is their mean", many.off(label) < 4
    off = [abs(one[label]["runs"][-1]["mean"] - one[label]["loss"]) / one.excess(label) for label in one]
    yield "one run is off by a good part of the excess", max(off) > 0.2
    ends = [full.excess(f"{label}, sampling full") for label in ("0.3", "cosine")]
    yield "all rows: no noise, and the constant is as good", max(ends) < 1e-9
    yield "20 runs misjudge their error", twenty.off("0.3") > 4


def best_schedule(curves):
    two, named, line = curves
    yield "others are far above the best", min(two["0.1"]["above_best"], two["CosineDecay(0.4, 100)"]["above_best"]) > 0.005
    yield "the best is InverseTimeDecay", abs(named["InverseTimeDecay(0.4, 1, 0.8)"]["above_best"]) < 1e-9
    first = float(re.search(r"values=\[([\d.]+)", two["best"]["text"])[1])
    yield "the best begins at 0.4", abs(first / 0.4 - 1) < 0.02
    ratios = [line.excess(label) / line.excess("best") for label in line]
    told = zip(ratios, (47, 2.6, 3, 1))
    yield "the constant 47 times, cosine 2.6, linear 3", all(abs(one / said - 1) < 0.05 for one, said in told)
    values = [float(v) for v in re.search(r"values=\[(.*)\]", line["best"]["text"])[1].split(",")]
    yield "the best jumps beyond the stable rate at first", max(values[:8]) > line["best"]["stable"] > 1.5 * min(values[:8])
    excess = {label: line.excess(label) for label in line}
    yield "the best of the line is half of all others", 2 * excess.pop("best") < min(excess.values())


def stop(runs):
    tuned, half, known, longer, rates = runs
    linear, free = tuned.losses.values()
    yield "at their best, within a tenth", abs(sum(free) / sum(linear) - 1) < 0.1
    spans = [one["good"][1] / one["good"][0] for one in tuned.searches]
    yield "the good rates span no more", spans[1] <= 1.01 * spans[0]
    yield "stopped half-way, Schedule-Free is lower", half.wins("free", "linear") >= 15
    yield "a decay over the right length is not", known.wins("free", "linear") >= 12
    yield "Schedule-Free goes on", longer.wins("free", "linear") >= 18
    yield "where the decay has ended", longer.mean("free") < 0.92 * longer.mean("linear")
    yield "8 is too high", rates.wins("4", "8") >= 14
    yield "16 hardly trains", rates.wins("4", "16") == SEEDS and rates.mean("16") > 0.4


def absurd(_):
    def left(text):
        """What is left of the distance in float and in double, and the largest weights."""
        words = [str(program.parent / "quadratic"), text]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        both = [line.split() for line in done.stdout.splitlines()]
        assert [words[1] for words in both] == ["float", "double"], done.stdout
        return [float(words[2]) for words in both], [float(words[-1]) for words in both]

    rates = results_of('gradus schedule "Chebyshev(0.01, 1, 32)"')["schedules"][0]["rates"]
    yield "the largest rate is 94", round(max(rates)) == 94
    yield "half of the rates are above 2", sum(rate > 2 for rate in rates[:32]) == 16
    constant, _ = left("hold(2 / 1.01, 32)")
    fractal, high = left("Chebyshev(0.01, 1, 32)")
    falling, higher = left('Chebyshev(0.01, 1, 32, order="descending")')
    rising, low = left('Chebyshev(0.01, 1, 32, order="ascending")')
    yield "a fifth is left by the constant", max(abs(one / 0.19 - 1) for one in constant) < 0.05
    yield "80 times nearer", constant[1] / fractal[1] > 80
    yield "fractal: right to four digits in float", abs(fractal[0] / fractal[1] - 1) < 1e-4
    yield "fractal: weights stay below 100", max(high) < 100
    yield "in double the order does not matter", max(abs(one[1] / fractal[1] - 1) for one in (falling, rising)) < 0.01
    yield "falling: 3e13 on the way", all(3e13 < one < 4e13 for one in higher)
    yield "falling: noise in float", falling[0] > 1000
    yield "rising: worse than where it began in float, too", rising[0] > 1000 and low[1] < 2


CLAIMS = {
    "the-curve-without-the-noise": without_noise,
    "the-best-schedule": best_schedule,
    "too-large-or-too-small": too_large,
    "noise-and-batch-size": noise,
    "why-decay": decay,
    "stairs-or-smooth": stairs,
    "restarts": restarts,
    "warm-up": warm_up,
    "one-cycle": one_cycle,
    "compare-fairly": fairly,
    "shuffling-is-not-sampling": sampling,
    "stop-at-any-time": stop,
    "steps-that-look-absurd": absurd,
}


def telling(lines):
    """The lines of the transcript."""
    command, table = "", False
    for line in lines:
        if line[:2] in ("? ", "$ ", "> "):
            if line[0] == "$":
                command, table = line, False
            yield line
        elif not command:
            yield line  # the title
        elif re.match(r"(schedule|mark) |update 0", line) or line.startswith("  length"):
            table = True
        elif line.startswith(("next", "in C++")):
            table = False
        shown = table and line.isascii() and not line.startswith(("loss:", "to ", "budget:", "  worst", "best:", "a constant", "all ran", "note:", "the best schedule", "  Piecewise", "    ", "> ", "? "))
        if shown and line and re.search("--data line|twenty-rows|gradus (schedule|expect)", command):
            yield line
        elif table and f"{SEEDS} of {SEEDS} seeds" in line:
            yield line.rstrip(",")


def printed(name):
    """The telling lines of a lesson."""
    words = ["sh", lessons / f"{name}.sh"]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, f"exit code {done.returncode}: {done.stderr}"
    return list(telling(done.stdout.splitlines()))


def transcript(name):
    return here / "transcripts" / "lessons" / f"{name}.txt"


def faults(name):
    """What is wrong with a lesson."""
    lines, wrong = printed(name), []
    marks = "".join(line[0] for line in lines if line[:2] in ("? ", "$ ", "> "))
    if not re.fullmatch(r"(\?\$>){1,12}", marks):
        wrong.append(f"not at most 12 commands, each after a question and before an answer: {marks}")
    before = transcript(name).read_text().splitlines()
    if lines != before:
        wrong += [f"not as in {transcript(name)}", *difflib.unified_diff(before, lines, lineterm="")]
    readers = {"compare": Runs, "expect": Exact}
    commands = [shlex.split(line[2:])[:2] + [line[2:]] for line in lines if line.startswith("$ ")]
    for claim, holds in CLAIMS[name]([readers[kind](text) for _, kind, text in commands if kind in readers]):
        print(f"{'holds' if holds else 'WRONG'}: {claim}")
        if not holds:
            wrong.append(claim)
    return wrong


def main():
    if sys.argv[2] == "--write":
        for name in CLAIMS:
            transcript(name).write_text("\n".join(printed(name)) + "\n")
        return 0
    wrong = faults(sys.argv[2])
    print(*wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
