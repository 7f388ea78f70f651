// The page's address holds any state; wrong addresses and logs end in a sentence: node address.mjs APPS/PLAYGROUND
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";

const read = (name) => readFileSync(`${process.argv[2]}/${name}`, "utf8");
const element = () => ({ textContent: read("lessons.json"), querySelectorAll: () => Array.from("12345", element) });
const page = { document: { getElementById: element }, $: element, addEventListener() {}, structuredClone, URLSearchParams };
const { Address, options, Share } =
  runInNewContext(`${read("state.js")}${read("share.js")}({ Address, options, Share })`, page);
const plain = (value) => JSON.parse(JSON.stringify(value));  // its prototypes are those of the other context
const state_of = (hash) => plain(Address.read(hash).state), notes = (hash) => Address.read(hash).notes.join(" ");

let seed = 1;
const below = (n) => (seed = (seed * 48271) % 2147483647) % n;
const characters = [..." ab09+&=%#?/\\\"'`$()<>,;:@~|\n\t\u0000é漢😀", "%41", "%zz", "lesson", "__proto__"];
const text = () => Array.from(Array(below(9)), () => characters[below(characters.length)]).join("");
const ids = JSON.parse(read("lessons.json")).map((lesson) => lesson.id);
for (let k = 0; k < 5000; ++k) {
  const state = plain(Address.defaults(["", ...ids][below(ids.length + 1)]));
  const sometimes = (key, value) => { if (below(3) == 0) state[key] = value; };
  for (const key of ["data", "layers", "activation", "loss", "sampling", "optimizer", "initializer"])
    sometimes(key, text());
  for (const key of ["batch-size", "steps", "seed"]) sometimes(key, 1 + below(10000));
  sometimes("start", below(2) ? null : [below(1e6) / 7e5 - 0.5, 10 ** -below(300)]);
  sometimes("schedules", Array.from(Array(1 + below(4)), text));
  sometimes("hide", ["map", "tools", "rate"].slice(below(4)));
  const address = new URL(`file:///gradus.html${Address.write(state)}`).hash;
  assert.deepEqual(state_of(address), state, address);
  assert.equal(notes(address), "", address);
  const junk = `#${text()}&schedule=${text()}&steps=${text()}&start=${text()}&hide=${text()}&${text()}=${text()}`;
  assert.deepEqual(state_of(Address.write(state_of(junk))), state_of(junk), junk);
}

assert.equal(Address.write(Address.read("").state), `#lesson=${ids[0]}`);
assert.deepEqual(state_of("#hide=tools"), { ...state_of(""), hide: ["tools"] });
assert.equal(Address.write(Address.read("#data=line&seed=0&schedule=0.1+x").state), "#data=line&schedule=0.1%2Bx");
assert.deepEqual(state_of("#schedule=a=0.1").schedules, ["a=0.1"]);
for (const [hash, note] of [["steps=0", "steps must be a whole number from 1 to 10000 (got '0')"],
  ["start=1", "start must be two numbers, such as 0.5,-1 (got '1')"], ["toString=1", "'toString' is unknown"],
  ["lesson=no", `lesson must be one of ${ids.join(", ")} (got 'no')`], ["schedules=1", "'schedules' is unknown"]])
  assert.equal(notes(`#${hash}`), `In the address, ${note}.`);
assert.match(notes("#hide=map,menu"), /^In the address, hide must be a list of lesson,.* \(got 'map,menu'\)\.$/);
assert.match(notes("#schedule=1&schedule=2&schedule=3&schedule=4&schedule=5"), /at most 4 times/);
const asked = plain(options({ ...Address.defaults(""), layers: "none", start: [0.5, -2] }));
assert.deepEqual([asked.initializer, asked["bias-initializer"], asked.start], ["constant(0.5)", "constant(-2)", undefined]);

const step = (n, rate = 0.5) => `{"step": ${n}, "epoch": 0, "learning_rate": ${rate}, "batch_loss": ${n}}`;
const runs = (...lines) => plain(Share.read_log("a.jsonl", lines.join("\n")));
assert.deepEqual(runs('\ufeff{"gradus": "1", "schedule": "Linear(a=0.5)"}\r', step(1), step(2, null), '{"epoch": 0}', '{"ste'),
  [{ label: "a.jsonl 1 Linear(0.5)", log: true, color: "var(--ink)", dash: "1 4", measured: [0, 1], rates: [0.5, null],
    losses: [1, 2], diverged: 0, steps: 2 }]);
assert.deepEqual(runs(step(1), '{"gradus": "1", "resumed_at": 1}', step(2), step(2), '{"gradus": "1"}', step(3))
  .map((run) => run.measured), [[0, 1], [1], [2]]);
assert.deepEqual(plain(Share.read_log("a.jsonl", step(3))[0].rates), [0.5, 0.5, 0.5]);  // begun before
const wrong = (what, ...lines) => assert.throws(() => runs(...lines), { message: `a.jsonl${what}` });
wrong(':2: must be JSON with a "step" or an "epoch"', step(1), "nonsense", step(2));
wrong(':1: must be JSON with a "step" or an "epoch"', "PNG");
wrong(':1: "step" must be a whole number below 100000', step(1.5));
wrong(":1: learning_rate and batch_loss must be numbers", step(1, '"x"'));
wrong(": must have a line for each update", '{"epoch": 3}');
console.log("all as it should be");
