// node same_answers.mjs gradus.wasm gradus_answers: WASM and native code give the same answers to each question of the
// lessons and to 200 random ones. Texts are equal. Numbers differ by at most 1e-12 of themselves or, in a list, of its
// greatest, derivatives also of the loss: a weight that passes 0 keeps the rounding of the weights before, and a derivative
// near 0 that of the loss.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { gradus } from "./module.mjs";

const [file, native] = process.argv.slice(2), { ask } = gradus(file), most = 1e-12;
const list = JSON.parse(ask('{"ask": "list"}'));

/** All that the page asks about a problem and its schedules. */
function questions_about(options, expressions) {
  const each = expressions.flatMap((expression) => [
    { ask: "read", options, expression }, { ask: "map", options, expression }, { ask: "program", options, expression },
    { ask: "sensitivity", options, expression, seeds: 1 }]);
  return [{ ask: "compare", options, expressions, curvature: true }, { ask: "expect", options, expressions },
    { ask: "finals", options, expressions, seeds: 3 }, { ask: "surface", options }, ...each];
}
function questions_of({ schedules, start, ...options }) {
  if (start) Object.assign(options, { initializer: `constant(${start[0]})`, "bias-initializer": `constant(${start[1]})` });
  return questions_about(options, schedules);
}

// ---- random questions, always the same ----------------------------------------------------------------------------
let state = 1;
/** At least 0 and below 1; mulberry32. */
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const pick = (from) => from[Math.floor(random() * from.length)];
/** One of gradus's schedules, with other numbers, or several in one. */
function schedule(depth = 0) {
  const one = pick(list.schedules).replace(/\d+(\.\d+)?/g, (number) =>
    number.includes(".") ? String(+(number * (0.5 + random())).toPrecision(3)) : number);
  const other = () => schedule(depth + 1);
  return depth > 2 ? one : pick([() => one, () => `${one} >> ${other()}`, () => `0.5 * ${one}`, () => `(${one} + ${other()})`,
    () => `repeat(take(${one}, 20), decay=0.7)`, () => `clamp(${other()}, 0.001, 0.05)`, () => `delay(${one}, 3)`])();
}
/** The text with a wrong character, or a number below 0. */
function spoilt(text) {
  const at = Math.floor(random() * text.length);
  return pick([text.slice(0, at) + pick(["", "x", ")", "(", ",", "=", "é"]) + text.slice(at + 1), text.replace(/\d/, "-$&")]);
}
function random_question() {
  const data = pick(list.data.filter((name) => name != "digits")), layers = pick(["none", "4", "5,3"]);
  const optimizer = pick(list.optimizers);
  const options = { data, layers, optimizer, activation: pick(["tanh", "relu", "sigmoid"]), steps: 10 + Math.floor(random() * 40),
    "batch-size": pick([4, 16, 200]), seed: Math.floor(random() * 1000), sampling: pick(["shuffled", "fresh", "fresh"]) };
  if (random() < 0.05) options.sampling = "wrong";
  if (random() < 0.05) options.optimizer = spoilt(optimizer);
  const expression = () => (random() < 0.3 ? spoilt(schedule()) : schedule());
  const questions = questions_about(options, [expression(), expression()]);  // Adafactor's derivatives divide by rounding
  return pick(questions.filter(({ ask }) => ask != "sensitivity" || optimizer != "adafactor"));
}

// ---- the comparison -----------------------------------------------------------------------------------------------
let numbers = 0, greatest = 0;
const largest = (values) => values.flat().filter(Number.isFinite).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
function compare_numbers(a, b, where, scale) {
  const difference = a == b ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b), scale);
  numbers += 1;
  greatest = Math.max(greatest, difference);
  assert(difference <= most, `${where}: ${a} and ${b} differ by ${difference}`);
}
function compare(a, b, where, scale) {
  if (typeof a == "number" && typeof b == "number") return compare_numbers(a, b, where, scale);
  if (!a || !b || typeof a != "object" || typeof b != "object") return assert.equal(a, b, where);
  assert.deepEqual(Object.keys(a), Object.keys(b), where);
  for (const key of Object.keys(a))
    if (key == "steps_to_target" && a[key] != b[key])  // at both times the loss is the target's, up to rounding
      compare(...[a, b].map((run) => run.losses[run.measured.indexOf(run[key])]), where, 0);
    else
      compare(a[key], b[key], `${where}.${key}`, Array.isArray(a) ? Math.max(scale, largest(a)) : scale);
}

const lessons = JSON.parse(readFileSync(new URL("../../apps/playground/lessons.json", import.meta.url), "utf8"));
const questions = [{ ask: "list" }, ...lessons.flatMap(({ settings }) => questions_of(settings)),
  ...Array.from({ length: 200 }, random_question)].map((question) => JSON.stringify(question));
const { stdout, status } = spawnSync(native, { input: questions.join("\n") + "\n", maxBuffer: 2 ** 30, encoding: "utf8" });
assert.equal(status, 0);
const answers = stdout.trimEnd().split("\n");
assert.equal(answers.length, questions.length);
let errors = 0;
questions.forEach((question, i) => {
  const answer = ask(question);
  errors += answer.includes('"error"');
  const parsed = JSON.parse(answer);
  compare(parsed, JSON.parse(answers[i]), question, largest(parsed.losses ?? []));
});
assert(errors > 20 && errors < questions.length / 2, `${errors} of ${questions.length} answers are errors`);
console.log(`${questions.length} questions, ${errors} errors, ${numbers} numbers, which differ by at most ${greatest}`);
