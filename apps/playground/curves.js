"use strict";
/** The panels of the rate and of the loss over the updates, with the values under the pointer. */
const Curves = (() => {
  const { number, line, predicting } = Plot, drawn = {};  // by panel: axes, runs, and `value` of a run after t updates
  const stroke = (run) => `stroke="${run.color}" stroke-dasharray="${run.dash}"`;
  const name_of = (run) => run.text ?? run.label;
  const excess = (loss) => loss == null ? NaN : loss - (view.least_loss ?? 0);
  /** The last measurement after at most t updates that the run reached. */
  const place = (run, t = Infinity) =>
    Math.max(0, run.measured.findLastIndex((x) => x <= Math.min(t, run.diverged_at ?? Infinity)));
  const has_diverged = (run, t = Infinity) => run.diverged_at != null && run.diverged_at <= t;
  const rate_at = (run, t) => run.rates[Math.min(t, run.rates.length - 1)];
  const loss_at = (run, t) => excess(run.losses[place(run, t)]);

  /** A rate holds for its update: drawn so where updates are wide, and where it changes far more than beside. */
  function stairs(rates, { X, Y }) {
    const change = (t) => Math.abs(rates[t] - rates[t - 1]) || 0, wide = X(1) - X(0) > 8;
    return line([...rates, rates.at(-1)].flatMap((rate, t) => {
      const jump = t && (wide || change(t) > 8 * Math.max(change(t - 1), change(t + 1)));
      return jump ? [[X(t), Y(rates[t - 1])], [X(t), Y(rate)]] : [[X(t), Y(rate)]];
    }));
  }

  /** The rates, with the lines above which descent on all rows diverges; those far above are named at the top. */
  function rate_picture(runs) {
    const most = Math.max(1e-12, ...runs.map((run) => run.rates.reduce((a, b) => Math.max(a, b))));
    const all = new Map(runs.filter((run) => run.stable_rates?.length).map((run) => [`${run.stable_rates}`, run]));
    const limits = [...all.values()].map(({ stable_rates: [first, last = first], momentum }) => ({ first, last,
      far: Math.min(first, last) > 1.6 * most, words: `above ${number(first)}${last === first ? "" : ` at the start, ${
        number(last)} at the end,`} ${momentum ? "momentum" : "plain descent"}${all.size > 1 ? "" : " on all rows"} diverges` }));
    const far = limits.filter((limit) => limit.far), near = limits.filter((limit) => !limit.far);
    const says = (run) => `${name_of(run)} begins at ${number(run.rates[0])}, ends at ${number(run.rates.at(-1))}`;
    return { name: "Learning rate over the updates", caption: "learning rate", value: rate_at,
      says: [...runs.map(says), ...limits.map((limit) => limit.words)].join("; "),
      y: [0, 1.03 * Math.max(most, ...near.map(({ first, last }) => Math.min(first, last)))],
      room: 1.05 * (far.length + Math.min(1, near.length)), content: (a) => {
        const text = (y, words) => `<text class="hot" x="${a.right - 3}" y="${y}" text-anchor="end">${words}</text>`;
        return [...far.map(({ words }, k) => text(a.top + (k + 0.7) * a.rem, `↑ ${words}`)),
          ...near.map(({ first, last, words }) => `<path class="limit" d="M${a.left} ${a.Y(first)}L${a.right} ${a.Y(last)}"/>${
            text(a.Y(last) - 0.3 * a.rem, words)}`),
          ...runs.map((run) => `<path class="run" ${stroke(run)} d="${stairs(run.rates, a)}"/>`)].join("");
      } };
  }

  /** Around a run: the band of the seeds, or what is expected, above what it would be without noise. */
  function around(run) {
    const mean = view.expected?.[run.i], none = { measured: [], low: [], high: [], median: [] };
    if (view.band || !mean?.bias) return view.band?.[run.i] ?? none;
    const high = mean.losses.map((loss) => loss - mean.least);
    return { measured: [...mean.bias.keys()], low: mean.bias, high, median: high };
  }
  function loss_picture(runs) {
    const first = Math.max(...runs.map((run) => excess(run.losses[0]))) || 1, known = view.least_loss != null;
    const value = (loss) => Math.min(1e300, Math.max(loss, 1e-13 * first));  // below that all is rounding
    const losses = runs.map((run) => run.losses.slice(0, place(run) + 1).map(excess)), more = runs.map(around);
    const all = [...losses, ...more.map((one) => one.median)].flat().map(value).filter(Number.isFinite);
    const says = (run) => has_diverged(run) ? `${name_of(run)} diverges after ${run.diverged_at} updates`
      : `${name_of(run)} ends at ${number(loss_at(run))}${known ? " above the least" : ""}`;
    const note = view.band ? "thick: median of 20 seeds; shaded: 10–90%"
      : view.expected?.some((one) => one?.bias) ? "thin: expected; shaded: noise" : "";
    return { name: "Loss over the updates", caption: `loss on all rows${known ? " above the least" : ""}`, log: true,
      says: predicting() ? "Hidden until you have predicted" : runs.map(says).join("; "),
      y: [Math.min(...all) / 1.4, 1.4 * Math.min(Math.max(...all), 30 * first)],
      value: (run, t) => value(loss_at(run, t)), content: (a) => {
        const places = (xs, ys) => xs.map((x, k) => [a.X(x), a.Y(value(ys[k]))]);
        const [thin, thick] = view.band ? ["run", "thin"] : ["thin", "run"];
        const curves = runs.map((run, k, _, { measured, low, high, median } = more[k]) => `<path class="band" fill="${
          run.color}" d="${line([...places(measured, low), ...places(measured, high).reverse()])}"/><path class="${thin}" ${
          stroke(run)} d="${line(places(measured, median))}"/><path class="${thick}" ${stroke(run)} d="${
          line(places(run.measured.slice(0, losses[k].length), losses[k]))}"/>`);
        const crosses = runs.filter((run) => has_diverged(run)).map((run, k) => {
          const x = a.X(run.diverged_at), y = Math.max(a.top, a.Y(value(loss_at(run))) || 0), left = x > a.right / 2;
          return `<g fill="${run.color}"><path class="end" stroke="${run.color}" d="M${x - 5} ${y - 5}l10 10m-10 0l10 -10"/>
<text class="own" x="${x + (left ? -9 : 9)}" y="${y + (0.3 + k) * a.rem}" text-anchor="${left ? "end" : "start"}">diverged after ${
            run.diverged_at}</text></g>`;
        });
        return `<g clip-path="url(#loss-clip)">${curves.join("")}</g>${crosses.join("")}<text x="${a.left + 6}" y="${
          a.bottom - 6}">${note}</text>`;
      } };
  }

  function draw_both() {
    const runs = view.runs.filter((run) => run.rates?.length && run.losses?.length);
    const dots = runs.map((run) => `<circle class="dot" r="4.5" fill="${run.color}"/>`).join("");
    for (const [id, make] of runs.length ? [["rate", rate_picture], ["loss", loss_picture]] : []) {
      const { content, value, ...rest } = make(runs), all = (a) => `<g class="${id === "loss" ? "result" : ""}">${
        content(a)}${dots}</g><path class="cursor" d="M0 ${a.top}V${a.bottom}"/>`;
      drawn[id] = { axes: Plot.picture($(id), { x: [0, view.steps], ...rest, content: all }), runs, value };
    }
    cursor(view, view.t);
  }
  function cursor(_, t) {
    for (const [id, { axes: a, runs, value }] of Object.entries(drawn)) {
      a.svg.querySelector(".cursor").setAttribute("transform", `translate(${a.X(t)})`);
      a.svg.querySelectorAll(".dot").forEach((dot, k) => {
        const x = id === "rate" ? t : runs[k].measured[place(runs[k], t)], y = a.Y(value(runs[k], t)) || 0;
        dot.setAttribute("transform", `translate(${a.X(x)} ${Math.max(a.top, y)})`);
        dot.setAttribute("visibility", id === "loss" && has_diverged(runs[k], t) ? "hidden" : "inherit");
      });
    }
  }

  /** Shows in a small label what each run has after t updates; without t hides it. */
  function read(id, t) {
    const label = $(id).querySelector("output"), { axes: a, runs } = drawn[id] ?? {};
    if (!a || (label.hidden = t == null)) return;
    t = label.shown = Math.max(0, Math.min(view.steps, Math.round(t)));
    const loss = (run) => predicting() ? "" : has_diverged(run, t) ? ", diverged" : `, ${number(loss_at(run, t))}`;
    const what = predicting() ? "rate" : `rate, loss${view.least_loss == null ? "" : " above the least"}`;
    label.innerHTML = [`after ${t} updates: ${what}`, ...runs.map((run, k) => `<b style="color: ${run.color}">${
      (run.i ?? k) + 1}</b> ${number(rate_at(run, t))}${loss(run)}`)].join("<br>");
    label.style.cssText = t > view.steps / 2 ? `right: ${a.svg.clientWidth - a.X(t) + 8}px` : `left: ${a.X(t) + 8}px`;
  }
  for (const id of ["rate", "loss"]) {
    const follow = (event) => event.target.closest("svg")
      && read(id, drawn[id]?.axes.at(event.clientX - $(id).getBoundingClientRect().left, 0)[0]);
    Object.assign($(id), { onpointermove: follow, onpointerdown: follow, onfocusout: () => read(id),
      onpointerleave: (event) => event.pointerType === "mouse" && read(id),
      onfocusin: (event) => event.target.matches(":focus-visible") && read(id, view.t), onkeydown: (event) => {
        const by = { ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10 }[event.key];
        if (by) event.preventDefault(), read(id, ($(id).querySelector("output").shown ?? view.t) + by);
      } });
  }

  /** What 20 seeds give, asked in the worker: for each card the band of its losses above the least of the seed's
   *  own data. Null where a newer question came. */
  async function band(state) {
    const ask = (text, i) => Promise.all([...Array(20).keys()].map((k) => engine.later(`band ${i} ${k}`, {
      ask: "compare", options: { ...options(state), seed: `${state.seed + k}` }, steps: state.steps, expressions: [text] })));
    const answers = await Promise.all(state.schedules.map(ask));
    return answers.flat().includes(null) ? null : answers.map((seeds) => {
      const measured = seeds[0].schedules?.[0].measured ?? [], all = measured.map((_, k) => seeds.map((seed) =>
        (seed.schedules[0].losses[k] ?? 1e300) - (seed.least_loss ?? 0)).sort((a, b) => a - b));
      const at = (part) => all.map((v) => (v[Math.floor(19 * part)] + v[Math.ceil(19 * part)]) / 2);
      return { measured, low: at(0.1), median: at(0.5), high: at(0.9) };
    });
  }
  panels.push({ draw: draw_both, cursor });
  return { band };
})();
