"use strict";
/** gradus itself, as WebAssembly: `ask` answers at once, `later` from a worker. Answers must not be changed. */
const engine = (() => {
  const old = "This browser is too old: gradus needs Chromium 95, Firefox 113 or Safari 16.4 at least";
  /** Returns the function from a question's text to its answer's. The worker runs a copy of it. */
  async function start(/** @type {BufferSource} */ bytes) {
    const most_bytes = 300e6, no_such_file = 8, module = await WebAssembly.compile(bytes);
    const stub = (_, name) => (...given) => {
      if (name == "proc_exit") throw new WebAssembly.RuntimeError("exit " + given[0]);
      return name.startsWith("fd_") ? no_such_file : 0;
    };
    const stubs = new Proxy({}, { get: stub }), imports = { wasi_snapshot_preview1: stubs, env: stubs };
    /** @type {any} */ let gradus;
    const restart = () => (gradus = new WebAssembly.Instance(module, imports).exports)._initialize?.();
    restart();
    return (/** @type {string} */ question) => {
      try {
        if (gradus.memory.buffer.byteLength > most_bytes) restart();
        const text = new TextEncoder().encode(question), at = gradus.allocate(text.length);
        new Uint8Array(gradus.memory.buffer, at, text.length).set(text);
        const from = gradus.answer(at, text.length), size = gradus.answer_size();
        gradus.release(at);
        return new TextDecoder().decode(new Uint8Array(gradus.memory.buffer, from, size));
      } catch (error) {
        restart();
        return JSON.stringify({ error: `gradus had to start again: it stopped with ${error}`, restarted: true });
      }
    };
  }
  /** @type {any} */ let run, bytes, worker, running = null;
  const answers = new Map(), waiting = new Map(), most_answers = 64;
  const ready = (async () => {
    const packed = Uint8Array.from(atob(document.getElementById("wasm").textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    run = await start(bytes = await new Response(stream).arrayBuffer());
  })().catch((error) => { throw Error(`${old} (${error})`); });
  /** The answer as an object, which becomes the newest of those kept. */
  function keep(text, answer = answers.get(text) ?? JSON.parse(run(text))) {
    answers.delete(text);
    if (answer.restarted) dispatchEvent(new CustomEvent("restarted", { detail: answer.error }));
    else if (answers.set(text, answer).size > most_answers) answers.delete(answers.keys().next().value);
    return answer;
  }
  function hire() {
    const code = `${start}; let run; onmessage = async ({ data }) => {
      if (data.bytes) run = start(data.bytes); else postMessage(JSON.parse((await run)(data))); };`;
    worker = new Worker(URL.createObjectURL(new Blob([code])));
    worker.onmessage = ({ data }) => finish(data);
    worker.onerror = () => { worker = null; next(running); };  // refused, or out of memory for ever
    worker.postMessage({ bytes });
  }
  function finish(/** @type {any=} */ answer) {
    const { text, done } = running;
    running = null;
    done(keep(text, answer));
    next();
  }
  function next(again = null) {
    const [key, job] = again ? [null, again] : (!running && waiting.entries().next().value) || [];
    if (!job) return;
    waiting.delete(key);
    running = job;
    try { if (worker === undefined) hire(); } catch { worker = null; }
    if (worker) worker.postMessage(job.text);
    else (globalThis.requestIdleCallback ?? setTimeout)(() => finish());
  }
  return {
    /** Resolves when `ask` may be called; rejects with a sentence. */ ready,
    ask: (/** @type {object} */ question) => keep(JSON.stringify(question)),
    /** Its promise gives null if a newer question of this key came before its turn. */
    later(/** @type {string} */ key, /** @type {object} */ question) {
      const text = JSON.stringify(question);
      waiting.get(key)?.done(null);
      waiting.delete(key);
      if (answers.has(text)) return Promise.resolve(keep(text));
      return new Promise((done) => { waiting.set(key, { text, done }); next(); });
    },
  };
})();
