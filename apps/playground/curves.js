"use strict";
/** The panels of the rate and of the loss over the updates, with the values under the pointer. */
const Curves = (() => {
  const { number, line, predicting } = Plot;
  const drawn = {};  // by panel: its axes, its runs, and `value` of a run after t updates
  const stroke = (run) => `stroke="${run.color}" stroke-dasharray="${run.dash}"`;
  const excess = (loss) => loss == null ? NaN : loss - (view.least_loss ?? 0);
  /** The last measurement after at most t updates that the run reached. */
  const place = (run, t) =>
    Math.max(0, run.measured.findLastIndex((x) => x <= Math.min(t, run.diverged_at ?? Infinity)));
  const rate_at = (run, t) => run.rates[Math.min(t, run.rates.length - 1)];
  const loss_at = (run, t) => excess(run.losses[place(run, t)]);

  /** A rate holds for its update: drawn so where updates are wide, and where it changes far more than beside. */
  function stairs(rates, { X, Y }) {
    const change = (t) => Math.abs(rates[t] - rates[t - 1]) || 0, every = Math.ceil(rates.length / 500);
    return line(rates.flatMap((rate, t) => {
      const jump = t && (X(1) - X(0) > 8 || change(t) > 8 * Math.max(change(t - 1), change(t + 1)));
      const here = jump || t % every === 0 ? [[X(t), Y(rate)]] : [];
      return jump ? [[X(t), Y(rates[t - 1])], ...here] : here;
    }).concat([[X(rates.length), Y(rates.at(-1))]]));
  }

  function rate_picture(runs) {
    const most = Math.max(1e-12, ...runs.map((run) => run.rates.reduce((a, b) => Math.max(a, b))));
    const limited = new Map(runs.filter((run) => run.stable_rates?.length).map((run) => [`${run.stable_rates}`, run]));
    const limits = [...limited.values()].map(({ stable_rates: [first, last = first], momentum }) => ({ first, last,
      near: Math.min(first, last) < 1.6 * most,  // the others are named at the top
      words: `above ${number(first)}${last === first ? "" : ` at the start, ${number(last)} at the end,`} ${
        momentum ? "momentum" : "plain descent"}${limited.size > 1 ? "" : " on all rows"} runs away` }));
    const far = limits.filter((limit) => !limit.near), near = limits.filter((limit) => limit.near);
    return { name: "Learning rate over the updates", caption: "learning rate", value: rate_at,
      y: [0, 1.03 * Math.max(most, ...near.map(({ first, last }) => Math.min(first, last)))],
      room: 1.15 * (far.length + Math.min(1, near.length)),
      says: [...runs.map(({ label, rates }) => `${label} begins at ${number(rates[0])}, ends at ${
        number(rates.at(-1))}`), ...limits.map((limit) => limit.words)].join("; "),
      content: (a) => {
        const text = (y, words) => `<text class="hot" x="${a.right - 3}" y="${y}" text-anchor="end">${words}</text>`;
        return far.map(({ words }, k) => text(a.top + (k + 0.7) * a.rem, `↑ ${words}`)).join("")
          + near.map(({ first, last, words }) => `<path class="limit" d="M${a.left} ${a.Y(first)}L${a.right} ${
            a.Y(last)}"/>${text(a.Y(last) - 0.3 * a.rem, words)}`).join("")
          + runs.map((run) => `<path class="run" ${stroke(run)} d="${stairs(run.rates, a)}"/>`).join("");
      } };
  }

  /** Around a run: the band of the seeds, or what is expected, above what it would be without noise. */
  function around(run) {
    const mean = view.expected?.[run.i], none = { measured: [], low: [], high: [], median: [] };
    if (view.band || !mean?.bias) return view.band?.[run.i] ?? none;
    const lists = [[...mean.bias.keys()], mean.bias, mean.losses.map((loss) => loss - mean.least)];
    const [measured, low, high] = lists.map((list) => list.filter((_, k) => k % Math.ceil(list.length / 200) === 0));
    return { measured, low, high, median: high };
  }

  function loss_picture(runs) {
    const first = Math.max(...runs.map((run) => excess(run.losses[0]))) || 1, known = view.least_loss != null;
    const value = (loss) => Math.min(1e300, Math.max(loss, 1e-13 * first));  // below that all is rounding
    const losses = runs.map((run) => run.losses.slice(0, place(run, Infinity) + 1).map(excess)), more = runs.map(around);
    const all = [...losses, ...more.map((one) => one.median)].flat().map(value).filter(Number.isFinite);
    const says = (run) => run.diverged_at != null ? `${run.label} diverges after ${run.diverged_at} updates`
      : `${run.label} ends at ${number(loss_at(run, Infinity))}${known ? " above the least" : ""}`;
    const note = view.band ? "shaded: 10–90% of 20 seeds" : view.expected ? "thin: expected; shaded: noise" : "";
    return { name: "Loss over the updates", caption: `loss on all rows${known ? " above the least" : ""}`, log: true,
      says: predicting() ? "Hidden until you have predicted" : runs.map(says).join("; "),
      y: [Math.min(...all) / 1.4, 1.4 * Math.min(Math.max(...all), 30 * first)],
      value: (run, t) => value(loss_at(run, t)), content: (a) => {
        const places = (xs, ys) => xs.map((x, k) => [a.X(x), a.Y(value(ys[k]))]);
        const curves = runs.map((run, k) => {
          const { measured, low, high, median } = more[k], area = [...places(measured, low), ...places(measured, high).reverse()];
          return `<path class="band" fill="${run.color}" d="${line(area)}"/><path class="thin" ${stroke(run)} d="${
            line(places(measured, median))}"/><path class="run" ${stroke(run)} d="${
            line(places(run.measured.slice(0, losses[k].length), losses[k]))}"/>`;
        });
        const crosses = runs.filter((run) => run.diverged_at != null).map((run, k) => {
          const x = a.X(run.diverged_at), y = Math.max(a.top, a.Y(value(loss_at(run, Infinity))) || 0);
          const [dx, anchor] = x > a.right / 2 ? [-9, "end"] : [9, "start"];
          return `<g fill="${run.color}"><path class="end" stroke="${run.color}" d="M${x - 5} ${y - 5}l10 10m-10 0l10 -10"/>
<text class="own" x="${x + dx}" y="${y + (0.3 + k) * a.rem}" text-anchor="${anchor}">diverged after ${run.diverged_at}</text></g>`;
        });
        return `<g clip-path="url(#loss-clip)">${curves.join("")}</g>${crosses.join("")}
<text x="${a.left + 6}" y="${a.bottom - 6}">${note}</text>`;
      } };
  }

  function draw_all() {
    const runs = view.runs.filter((run) => run.rates?.length && run.losses?.length);
    for (const [id, make] of runs.length ? [["rate", rate_picture], ["loss", loss_picture]] : []) {
      const dots = runs.map((run) => `<circle class="dot" r="4.5" fill="${run.color}"/>`).join(""), picture = make(runs);
      const axes = Plot.picture($(id), { x: [0, view.steps], ...picture, content: (a) => `<g class="${
        id === "loss" ? "result" : ""}">${picture.content(a)}${dots}</g><path class="cursor" d="M0 ${a.top}V${a.bottom}"/>` });
      drawn[id] = { axes, runs, value: picture.value };
    }
    cursor(view, view.t);
  }
  function cursor(_, t) {
    for (const [id, { axes: a, runs, value }] of Object.entries(drawn)) {
      a.svg.querySelector(".cursor").setAttribute("transform", `translate(${a.X(t)})`);
      a.svg.querySelectorAll(".dot").forEach((dot, k) => {
        const x = id === "rate" ? t : runs[k].measured[place(runs[k], t)], y = a.Y(value(runs[k], t)) || 0;
        dot.setAttribute("transform", `translate(${a.X(x)} ${Math.max(a.top, y)})`);
        dot.setAttribute("visibility", id === "loss" && runs[k].diverged_at <= t ? "hidden" : "inherit");
      });
    }
  }

  /** Shows in a small label what each run has after t updates; without t hides it. */
  function read(id, t) {
    const label = $(id).querySelector("output"), { axes: a, runs } = drawn[id] ?? {};
    if (!a || (label.hidden = t == null)) return;
    t = label.after = Math.max(0, Math.min(view.steps, Math.round(t)));
    const loss = (run) => run.diverged_at <= t ? "diverged" : `loss ${number(loss_at(run, t))}`;
    label.innerHTML = [`after ${t} updates`, ...runs.map((run) => `<b style="color: ${run.color}">${run.i + 1}</b> rate ${
      number(rate_at(run, t))}${predicting() ? "" : `, ${loss(run)}`}`)].join("<br>");
    label.style.cssText = t > view.steps / 2 ? `right: ${a.svg.clientWidth - a.X(t) + 8}px` : `left: ${a.X(t) + 8}px`;
  }
  for (const id of ["rate", "loss"]) {
    const follow = (event) => event.target.closest("svg")
      && read(id, drawn[id]?.axes.at(event.clientX - $(id).getBoundingClientRect().left, 0)[0]);
    Object.assign($(id), { onpointermove: follow, onpointerdown: follow, onfocusout: () => read(id),
      onpointerleave: (event) => event.pointerType === "mouse" && read(id),
      onfocusin: (event) => event.target.matches(":focus-visible") && read(id, view.t), onkeydown: (event) => {
        const by = { ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10 }[event.key];
        if (by) event.preventDefault(), read(id, ($(id).querySelector("output").after ?? view.t) + by);
      } });
  }

  /** What 20 seeds give, asked in the worker: for each card the band of its losses above their least, which
   *  differs by seed as the data do. Null where a newer question came. */
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
  panels.push({ draw: draw_all, cursor });
  return { band };
})();
