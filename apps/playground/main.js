"use strict";
// The frame of the page: what all panels share, and the update cycle. It comes first, and starts when all files are read.
const $ = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
/** Every panel: `draw` after each change, `cursor` for each move in time. @type {{draw?: Function, cursor?: Function}[]} */
const panels = [];
/** What panels draw from. A run that cannot be trained has an `error`, and a `column` if the text is wrong there. */
const view = { state: null, runs: [], least_loss: null, surface: null, expected: null, band: null, t: 0, lesson: null };
const look = [["var(--c0)", ""], ["var(--c1)", "9 4"], ["var(--c2)", "2 3"], ["var(--c3)", "12 3 2 3"]];
const draw = () => panels.forEach((panel) => panel.draw?.(view));

/** Edits the state, asks gradus and redraws. Time stays where it is, or at the end. @param {(state: any) => void} edit */
const change = (() => {
  const fields = ["data", "steps", "batch-size", "optimizer", "seed"], most_steps = 5000;
  const two_weights = (s) => s.layers == "none" && ["line", "ravine"].includes(s.data);
  const question = (s, ask, text) => ({ ask, options: options(s), steps: s.steps, expressions: [text] });
  let version = 0;

  /** Shows what is wrong with an option, and marks its field. */
  function show_problem(/** @type {string} */ text = "") {
    if ($("problem").textContent != text) $("problem").textContent = text;
    for (const key of fields) $(key).setAttribute("aria-invalid", text.startsWith(`--${key}:`));
  }
  function train(text, i) {
    const answer = engine.ask({ ...question(view.state, "compare", text), curvature: two_weights(view.state) });
    const run = answer.schedules?.[0] ?? { error: answer.error }, column = /column (\d+)/.exec(run.error ?? "");
    return { ...run, i, color: look[i][0], dash: look[i][1], text, looks: answer.looks, least_loss: answer.least_loss,
      wrong: answer.error, column: column && +column[1] };
  }
  async function ask_later(/** @type {any} */ s, mine = ++version) {
    const answers = two_weights(s) ? s.schedules.map((text, i) => engine.later("expect" + i, question(s, "expect", text))) : [];
    const expected = (await Promise.all(answers)).map((answer) => answer?.schedules?.[0] ?? null);
    if (mine != version) return;
    view.expected = expected.some(Boolean) ? expected : null;
    view.band = $("shuffle").ariaPressed == "true" ? await Curves.band(s) ?? view.band : null;
    if (mine == version) draw();
  }
  addEventListener("DOMContentLoaded", async () => {
    try { await engine.ready; } catch (error) { return show_problem(error.message); }
    const list = engine.ask({ ask: "list" });
    $("data").replaceChildren(...list.data.map((name) => new Option(name)));
    $("optimizers").replaceChildren(...list.optimizers.map((name) => new Option(name)));
    for (const key of fields) $(key).oninput = () => $(key).value != "" && change((s) => {
      s[key] = $(key).type == "number" ? +$(key).value : $(key).value;
      if (key == "data") Object.assign(s, { start: null, layers: ["line", "ravine"].includes(s.data) ? "none" : "16,16" });
    });
    $("new-seed").onclick = () => change((s) => { s.seed++; });
    $("shuffle").onclick = () => { $("shuffle").ariaPressed = $("shuffle").ariaPressed != "true"; change(() => {}); };
    $("big").onclick = () => { $("big").ariaPressed = document.documentElement.classList.toggle("big"); draw(); };
    addEventListener("restarted", (event) => show_problem(/** @type {CustomEvent} */ (event).detail));
    addEventListener("hashchange", () => open(location.hash));
    new ResizeObserver(draw).observe($("plots"));
    open(location.hash);
    document.body.dataset.ready = String(performance.now());
  });
  function open(/** @type {string} */ hash) {
    const { state, notes } = Address.read(hash);
    view.t = Infinity;
    change(() => { view.state = state; });
    if (notes.length) show_problem(notes.join(" "));
  }
  return (edit) => {
    const at_end = view.t >= (view.state?.steps ?? 0);
    edit(view.state);
    const s = view.state, few = s.steps <= most_steps, runs = few ? s.schedules.map(train) : [];
    show_problem(few ? runs.find((run) => run.wrong)?.wrong : `--steps: must be at most ${most_steps} on this page (got ${s.steps})`);
    for (const key of fields) if ($(key) != document.activeElement) $(key).value = s[key];
    for (const part of document.querySelectorAll("[data-part]")) part.hidden = s.hide.includes(part.dataset.part);
    view.t = at_end ? s.steps : Math.min(view.t, s.steps);
    if (!$("problem").textContent) Object.assign(view, { runs, surface: Landscape.surface(s), least_loss: runs[0]?.least_loss ?? null });
    draw();
    Address.follow(s);
    ask_later(s);
  };
})();
