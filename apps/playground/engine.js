"use strict";
/** gradus itself, as WebAssembly: `ask` answers at once, `later` from a worker. Answers must not be changed. */
const engine = (() => {
  const old = "This browser is too old: gradus needs Chromium 95, Firefox 113 or Safari 16.4 at least";
  /** Returns the function from a question's text to its answer's. The worker runs a copy of it. */
  async function start(/** @type {BufferSource} */ bytes) {
    const most_bytes = 300e6, no_such_file = 8, module = await WebAssembly.compile(bytes);
    const stubs = new Proxy({}, { get: (_, name) => () => name.startsWith("fd_") ? no_such_file : 0 });
    let /** @type {any} */ gradus;
    const restart = () => (gradus = new WebAssembly.Instance(module, { wasi_snapshot_preview1: stubs }).exports)._initialize();
    restart();
    return (/** @type {string} */ question) => {
      try {
        if (gradus.memory.buffer.byteLength > most_bytes) restart();
        const text = new TextEncoder().encode(question), at = gradus.allocate(text.length);
        new Uint8Array(gradus.memory.buffer, at, text.length).set(text);
        const from = gradus.answer(at, text.length);
        gradus.release(at);
        return new TextDecoder().decode(new Uint8Array(gradus.memory.buffer, from, gradus.answer_size()));
      } catch (error) {
        restart();
        return JSON.stringify({ error: `gradus stopped (${error}) and started again`, restarted: true });
      }
    };
  }
  /** @type {any} */ let run, bytes;
  const answers = new Map(), most_answers = 200;
  const ready = (async () => {
    const packed = Uint8Array.from(atob(document.getElementById("wasm").textContent), (c) => c.charCodeAt(0));
    const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    run = await start(bytes = await new Response(unpacked).arrayBuffer());
  })().catch((error) => { throw Error(`${old} (${error})`); });
  /** The answer as an object, which becomes the newest of those kept. */
  function keep(/** @type {string} */ text, answer = answers.get(text) ?? JSON.parse(run(text))) {
    answers.delete(text);
    if (answer.restarted) dispatchEvent(new CustomEvent("restarted", { detail: answer.error }));
    else if (answers.set(text, answer).size > most_answers) answers.delete(answers.keys().next().value);
    return answer;
  }
  const code = `${start}; let run; onmessage = async ({ data }) => {
    if (data.bytes) run = start(data.bytes); else postMessage(JSON.parse((await run)(data))); };`;
  /** A worker with the questions that wait for it. Where workers are refused, the page answers when it has time. */
  function desk() {
    /** @type {any} */ let worker, running;
    const waiting = new Map(), away = (/** @type {string} */ text) => new Promise((done) => {
      const idle = globalThis.requestIdleCallback ?? setTimeout, refused = () => { worker = null; idle(() => done()); };
      try {
        const hired = worker === undefined;
        if (hired) worker = new Worker(URL.createObjectURL(new Blob([code])));
        Object.assign(worker, { onmessage: ({ data }) => done(data), onerror: refused });
        for (const message of hired ? [{ bytes }, text] : [text]) worker.postMessage(message);
      } catch { refused(); }
    });
    async function work() {
      for (; !running && waiting.size; running = null) {
        const [[key, job]] = waiting;
        waiting.delete(key);
        running = job;
        job.done(keep(job.text, await away(job.text)));
      }
    }
    return (/** @type {string} */ key, /** @type {object} */ question) => {
      const text = JSON.stringify(question), waits = waiting.get(key);
      for (const job of [running, waits]) if (job?.text == text) return job.promise;
      waits?.done(null);
      waiting.delete(key);
      const job = /** @type {any} */ ({ text });
      job.promise = new Promise((done) => { job.done = done; });
      if (answers.has(text)) job.done(keep(text)); else waiting.set(key, job), work();
      return job.promise;
    };
  }
  const slow = desk(), quick = desk();
  return {
    /** Resolves when `ask` may be called; rejects with a sentence. */ ready,
    ask: (/** @type {object} */ question) => keep(JSON.stringify(question)),
    /** Its promise gives null if a newer question of this key came before its turn. The map waits for no other. */
    later: (/** @type {string} */ key, /** @type {object} */ question) => (key == "map" ? quick : slow)(key, question),
  };
})();
