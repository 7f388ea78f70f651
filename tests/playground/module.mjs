// Loads a WASM module of gradus in Node.
import { readFileSync } from "node:fs";

/** The module with nothing of WASI but what it may ask: `print` gets what it writes to its standard output. */
export function load(/** @type {string} */ file, print = (/** @type {Uint8Array} */ _bytes) => {}) {
  const no_such_file = 8, module = new WebAssembly.Module(readFileSync(file));
  /** @type {any} */ let exports;
  const wasi = {
    fd_prestat_get: () => no_such_file,
    fd_write: (_file, parts, count, written) => {
      const memory = new DataView(exports.memory.buffer);
      let total = 0;
      for (let at = parts; at < parts + 8 * count; at += 8) {
        const size = memory.getUint32(at + 4, true);
        print(new Uint8Array(exports.memory.buffer, memory.getUint32(at, true), size).slice());
        total += size;
      }
      memory.setUint32(written, total, true);
      return 0;
    },
    proc_exit: (code) => { throw new Error(`the module ended with code ${code}`); },
  };
  const stubs = new Proxy(wasi, { get: (known, name) => known[name] ?? (() => 0) });
  exports = new WebAssembly.Instance(module, { wasi_snapshot_preview1: stubs }).exports;
  return exports;
}

/** The function from a question's text to its answer's, of gradus.wasm. */
export function gradus(/** @type {string} */ file) {
  const wasm = load(file);
  wasm._initialize();
  const ask = (/** @type {string} */ question) => {
    const bytes = new TextEncoder().encode(question), at = wasm.allocate(bytes.length);
    new Uint8Array(wasm.memory.buffer, at, bytes.length).set(bytes);
    const answer = wasm.answer(at, bytes.length), size = wasm.answer_size();
    wasm.release(at);
    return new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(wasm.memory.buffer, answer, size));
  };
  return { ask, memory: wasm.memory };
}
