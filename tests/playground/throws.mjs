// node throws.mjs throws.wasm NATIVE: both print the same about exceptions.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { load } from "./module.mjs";

const [file, native] = process.argv.slice(2), printed = [];
load(file, (bytes) => printed.push(bytes))._start();
const lines = Buffer.concat(printed).toString().split("\n");
execFileSync(native).toString().split("\n").forEach((line, i) => assert.equal(lines[i], line, `line ${i + 1}`));
