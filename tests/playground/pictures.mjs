// What the panels compute before they draw: node pictures.mjs APPS/PLAYGROUND
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";

const read = (name) => readFileSync(`${process.argv[2]}/${name}`, "utf8");
let answer = () => null;  // of engine.later
const asked = [], later = async (key, question) => (asked.push([key, question]), answer(question));
const page = { document: { querySelectorAll: () => [] }, ResizeObserver: class {}, getComputedStyle: () => ({}), view: {},
  panels: [], $: () => ({}), engine: { later },
  question: (state, ask, more) => ({ ask, options: { data: "line", seed: String(state.seed) }, ...more }) };
const { Plot, Curves } = runInNewContext(`${read("plot.js")}${read("curves.js")}({ Plot, Curves })`, page);
const plain = (value) => JSON.parse(JSON.stringify(value));  // its prototypes are those of the other context

for (const [v, text] of [[0.00117, "0.00117"], [4.94e-6, "4.9e-6"], [5e-6, "5e-6"], [63.04, "63"], [-0.5, "-0.5"], [0, "0"],
  [123456, "1.2e5"], [null, "–"], [NaN, "–"], [Infinity, "–"]])
  assert.equal(Plot.number(v), text);
assert.deepEqual(plain(Plot.ticks(0, 0.33, 5)), [0, 0.1, 0.2, 0.3]);
assert.deepEqual(plain(Plot.ticks(-1.2, 2.1, 7)), [-1, -0.5, 0, 0.5, 1, 1.5, 2]);
assert.deepEqual(plain(Plot.ticks(1e-7, 3, 4, true)), [1e-6, 1e-4, 1e-2, 1]);
assert.deepEqual(plain(Plot.ticks(0.012, 0.3, 5, true)), [0.02, 0.05, 0.1, 0.2]);
assert.deepEqual(plain(Plot.ticks(0.6, 0.7, 5, true)), [0.6, 0.62, 0.64, 0.66, 0.68, 0.7]);
assert.equal(Plot.line([[0, 0], [0.1, 0.1], [5.04, 0], [NaN, 1], [6, 1], [7, Infinity], [8, 2.55]]), "M0 0L5 0M6 1M8 2.6");

assert.deepEqual([Plot.least([3, NaN, null, 2]), Plot.greatest([3, null, Infinity, 4]), Plot.least([])], [2, 4, Infinity]);
assert.equal(Plot.greatest(Array(1e6).fill(1)), 1);  // longer than a call's arguments can be

/** The isolines of a grid: each piece from place to place lies in one cell, and each cut cell has its pieces. */
function isolines(columns, rows, height, level) {
  const at = (k) => height(k % columns, Math.floor(k / columns)), heights = [...Array(columns * rows).keys()].map(at);
  const lines = plain(Plot.isolines({ columns, rows, heights }, level));
  let pieces = 0;
  for (let k = 0; k < columns * (rows - 1); ++k) {
    const high = [0, 1, columns + 1, columns].map((d) => heights[k + d] >= level);
    if ((k + 1) % columns) pieces += high.filter((one, e) => one && !high[(e + 1) % 4]).length;
  }
  assert.equal(lines.reduce((sum, places) => sum + places.length - 1, 0), pieces);
  for (const places of lines)
    places.slice(1).forEach((place, k) => place.forEach((v, i) => assert.ok(Math.abs(v - places[k][i]) <= 1)));
  return lines;
}
const bowl = (i, j) => ((i - 20) / 20) ** 2 + 2 * ((j - 15) / 20) ** 2;
const ring = isolines(41, 41, bowl, 0.5), print = (place) => place.map((v) => v.toFixed(9)).join();
const places = (k) => ring.map((piece) => print(piece.at(k))).sort();
for (const [i, j] of ring.flat()) assert.ok(Math.abs(bowl(i, j) - 0.5) < 2e-3);
assert.deepEqual(places(0), places(1));  // each goes on where another ends
for (const [[x0, y0], [x1, y1]] of ring)  // around the bowl, which is higher to the left of each
  assert.ok((x0 - 20) * (y1 - y0) - (y0 - 15) * (x1 - x0) < 0);
assert.equal(isolines(41, 41, bowl, 9).length, 0);
let seed = 1;
const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
for (let k = 0; k < 200; ++k) isolines(7, 5, random, 0.5);  // with saddles

// The band of 20 seeds: losses k + 1 of seed 3 + k, above a least of 1; where a run diverged there is no loss.
answer = ({ options }) => ({ least_loss: 1, schedules: [{ measured: [0, 5], losses: [+options.seed - 1, null] }] });
const state = { seed: 3, steps: 5, schedules: ["0.1", "0.2"] }, [band, second] = plain(await Curves.band(state));
assert.equal(asked.length, 40);
assert.deepEqual([band.measured, band.low[0], band.median[0], band.high[0]], [[0, 5], 2.5, 10.5, 18.5]);
assert.ok(band.median[1] > 1e299);
assert.deepEqual(second, band);
answer = () => ({ error: "wrong" });
assert.deepEqual(plain(await Curves.band({ ...state, schedules: ["x"] }))[0].measured, []);
answer = () => null;  // a newer question came
assert.equal(await Curves.band(state), null);
console.log("all as it should be");
