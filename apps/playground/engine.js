/** gradus itself, as WebAssembly: `ask` answers at once, `later` from a worker. Do not change an answer. */
const engine = (() => {
  const old = "This browser is too old: gradus needs Chromium 105, Firefox 121 or Safari 16.4 at least";
  /** Returns the function from a question's text to its answer's. Workers run a copy of it. */
  async function start(/** @type {BufferSource} */ bytes) {
    const most_bytes = 300e6, module = await WebAssembly.compile(bytes);
    const stub = (_, name) => () => name.startsWith("fd_") ? 8 : 0;  // EBADF: a page has no files
    const imports = { wasi_snapshot_preview1: new Proxy({}, { get: stub }) };
    let /** @type {any} */ gradus;
    const restart = () => (gradus = new WebAssembly.Instance(module, imports).exports)._initialize();
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
  const answers = new Map(), most_answers = 200, /** @type {any} */ desks = {};
  let /** @type {any} */ run, bytes;
  const ready = (async () => {
    const packed = Uint8Array.from(atob($("wasm").textContent), (c) => c.charCodeAt(0));
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
  /** A worker with its questions in a row. Where workers are refused, the page answers when it has time. */
  function hire() {
    const code = `${start}; let run; onmessage = async ({ data }) => {
      if (data.bytes) run = start(data.bytes).catch(() => null);
      else postMessage(JSON.parse((await run)?.(data) ?? null)); };`;
    let /** @type {any} */ worker, turn = Promise.resolve();
    try { (worker = new Worker(URL.createObjectURL(new Blob([code])))).postMessage({ bytes }); } catch { }
    const newest = new Map(), away = (/** @type {string} */ text) => new Promise((done) => {
      const refused = () => (worker = null, (globalThis.requestIdleCallback ?? setTimeout)(() => done(null)));
      const onmessage = ({ data }) => data ? done(data) : refused();
      worker ? Object.assign(worker, { onmessage, onerror: refused }).postMessage(text) : refused();
    });
    return (/** @type {string} */ key, /** @type {object} */ question) => {
      const text = JSON.stringify(question), job = newest.get(key)?.text == text ? newest.get(key) : { text };
      newest.set(key, job);
      const answer = async () => newest.get(key) != job ? null
        : keep(text, answers.get(text) ?? await away(text) ?? undefined);
      return job.promise ??= answers.has(text) ? answer() : turn = turn.then(answer, answer);
    };
  }
  const ask = (/** @type {object} */ question) => keep(JSON.stringify(question));
  /** Its promise gives null if a newer question of its key came in time. The map waits for no other key. */
  const later = (key, question) => (desks[key == "map" ? key : "others"] ??= hire())(key, question);
  return { ready, ask, later };  // ready rejects with a sentence
})();
