// node smoke.mjs gradus.wasm: the module answers, also after errors, and its memory does not grow.
import assert from "node:assert/strict";
import { gradus } from "./module.mjs";

const { ask, memory } = gradus(process.argv[2]);
const answer = (/** @type {object} */ question) => JSON.parse(ask(JSON.stringify(question)));
const options = { data: "line", layers: "none", steps: "210", "batch-size": "4" };

const [run] = answer({ ask: "compare", options, expressions: ["CosineDecay(0.3, 210)"] }).schedules;
assert.equal(run.rates.length, 210);
assert.equal(run.path.length, 211);
assert(run.losses.at(-1) < run.losses[0] / 100, `the loss falls to ${run.losses.at(-1)}`);

const wrong = answer({ ask: "compare", options, expressions: ["CosinDecay(0.3, 210)", "0.1"] }).schedules;
assert.match(wrong[0].error, /did you mean 'CosineDecay'/);
assert(wrong[1].losses.length > 1, "the other schedule is trained");
assert.match(answer({ ask: "compar" }).error, /compare/);
assert.match(JSON.parse(ask('{"ask": ')).error, /./);
assert.equal(answer({ ask: "read", expression: "0.1 x\u{1f4c9}" }).column, 5);

const { numbers } = answer({ ask: "sensitivity", options, expression: "0.3", seeds: 1 });
assert(Number.isFinite(numbers[0].derivative), "exact derivatives");

const before = memory.buffer.byteLength;
for (let i = 0; i < 3000; ++i) answer({ ask: "compare", options, expressions: ["Cosin(1", "CosineDecay(0.1, -1)"] });
assert.equal(memory.buffer.byteLength, before, "6000 errors leave no memory behind");
