// The frame of the page: what all panels share, and the update cycle. Starts when all files are read.
const $ = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const panels = [];  // with `draw(view)` after each change, `cursor(view, t)` for a move in time
const view = { runs: [], steps: 1, t: 0 };  // what panels draw from; a run that is wrong has an `error`
function draw() { for (const panel of panels) panel.draw?.(view); }
/** Edits the state, asks gradus and redraws. A cursor at the end of time stays at the end. */
const change = (() => {
  const fields = ["data", "steps", "batch-size", "optimizer", "seed"];
  let version = 0, problem = "";
  function show_problem(text = "") {
    if ($("problem").textContent != text) $("problem").textContent = text;
    for (const key of fields) $(key).ariaInvalid = String(text.startsWith(`--${key}:`));
  }
  function train(s, text, i) {
    const more = s.layers == "none" && { curvature: true, every: Math.ceil(s.steps / 300) };
    const asked = question(s, "compare", { expressions: [text], ...more });
    const { error, least_loss, schedules } = engine.ask(asked), run = schedules?.[0] ?? { error };
    const look = { color: `var(--c${i})`, dash: `var(--d${i})` };
    return { ...run, ...look, label: text, i, text, least_loss, wrong: error };
  }
  /** Asks the worker for what may come a moment later: the expected losses and the band of 20 seeds. */
  async function ask_later(s, mine = ++version) {
    const ask = (text, i) => engine.later("expect" + i, question(s, "expect", { expressions: [text] }));
    const answers = await Promise.all(s.layers == "none" ? s.schedules.map(ask) : []);
    const expected = answers.map((answer) => answer?.schedules?.[0] ?? null);
    const band = $("shuffle").checked ? await Curves.band(s) : null;
    if (mine == version) Object.assign(view, { band, expected }), draw();
  }
  function open() {
    const { state, notes } = Address.read(location.hash);
    change(() => Object.assign(view, { state, t: Infinity }));
    if (notes.length) show_problem(notes.join(" "));
  }
  function take({ target: { id, type, value, max, validity } }) {
    if (validity.rangeOverflow) show_problem(`--${id}: must be at most ${max} on this page (got ${value})`);
    else if (value) change((s) => {
      s[id] = type == "number" ? +value : value;
      if (id == "data") s.start = null, s.layers = ["line", "ravine"].includes(value) ? "none" : "16,16";
    });
  }
  addEventListener("DOMContentLoaded", async () => {
    try { await engine.ready; } catch (error) { return show_problem(error.message); }
    const list = engine.ask({ ask: "list" });
    for (const id of ["data", "optimizers"]) $(id).append(...list[id].map((name) => new Option(name)));
    for (const key of fields) $(key).oninput = take, $(key).onblur = () => $(key).value ||= view.state[key];
    $("new-seed").onclick = () => change((s) => { s.seed += 1; });
    $("shuffle").onchange = () => change(() => {});
    addEventListener("restarted", (event) => show_problem(/** @type {CustomEvent} */ (event).detail));
    addEventListener("hashchange", open), view.state = Address.read("").state;
    open(), document.body.dataset.ready = String(performance.now());
  });
  return (/** @type {(state: any) => void} */ edit) => {
    if (!view.state) return;  // gradus is not ready
    const at_end = view.t >= view.steps, s = (edit(view.state), view.state);
    const runs = s.schedules.map((text, i) => train(s, text, i));
    const wrong = runs.find((run) => run.wrong)?.wrong, steps = [s, ...Share.logs].map((run) => run.steps);
    if (!wrong) Object.assign(view, { runs: [...runs, ...Share.logs], steps: Math.max(...steps),
      surface: Landscape.surface(s), least_loss: runs[0]?.least_loss ?? null });
    const now = JSON.stringify(question(s, "", { cards: s.schedules.length }));
    if (now != problem) problem = now, view.expected = view.band = null;
    view.t = at_end ? view.steps : Math.min(view.t, view.steps);
    for (const key of fields) if ($(key) != document.activeElement) $(key).value = s[key];
    show_problem(wrong), Address.hide(s), draw(), Address.save(s), ask_later(s);
  };
})();
