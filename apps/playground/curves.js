"use strict";
/** The panels of the rate and of the loss over the updates, with the values under the pointer. */
const Curves = (() => {
  const { escape, number, line } = Plot, drawn = {};  // by panel: axes, runs, and `value` of a run after t updates
  const stroke = (run) => `stroke="${run.color}" stroke-dasharray="${run.dash}"`;
  const excess = (loss) => loss == null ? NaN : loss - (view.least_loss ?? 0);
  /** The last measurement after at most t updates that the run reached. */
  const place = (run, t) =>
    Math.max(0, run.measured.findLastIndex((x) => x <= Math.min(t, run.diverged_at ?? Infinity)));
  const rate_at = (run, t) => run.rates[Math.min(t, run.rates.length - 1)];
  const loss_at = (run, t) => excess(run.losses[place(run, t)]);
  const predicting = () => document.body.classList.contains("predicting");

  /** A rate holds for its update: drawn so where updates are wide, and where it changes far more than beside it. */
  function stairs(rates, { X, Y }) {
    const change = (t) => Math.abs(rates[t] - rates[t - 1]) || 0, every = Math.ceil(rates.length / 500), out = [];
    rates.forEach((rate, t) => {
      const jump = X(1) - X(0) > 8 || change(t) > 8 * Math.max(change(t - 1), change(t + 1));
      if (jump && t) out.push([X(t), Y(rates[t - 1])]);
      if (jump || t % every === 0) out.push([X(t), Y(rate)]);
    });
    return line([...out, [X(rates.length), Y(rates.at(-1))]]);
  }

  function draw_rate(runs) {
    const most = runs.reduce((all, run) => run.rates.reduce((a, b) => Math.max(a, b), all), 1e-12);
    const limits = new Map(runs.filter((run) => run.stable_rates?.length).map((run) => [run.stable_rates.join(), run]));
    const near = (run) => Math.min(...run.stable_rates) < 1.6 * most;
    const [inside, outside] = [true, false].map((is) => [...limits.values()].filter((run) => near(run) === is));
    const top = Math.max(most, ...inside.map((run) => Math.min(...run.stable_rates))) * (1.1 + 0.12 * outside.length);
    const says = (run) => `above ${run.stable_rates.map(number).join(" at the start, ")}${
      run.stable_rates.length > 1 ? " at the end," : ""} ${run.momentum ? "momentum" : "plain descent"} on all rows runs away`;
    const text = (a, y, words) => `<text class="hot" x="${a.right - 3}" y="${y}" text-anchor="end">${words}</text>`;
    return { name: "Learning rate over the updates", caption: "learning rate", y: [0, top], value: rate_at,
      says: [...runs.map(({ label, rates }) => `${label} begins at ${number(rates[0])}, ends at ${number(rates.at(-1))}`),
             ...[...limits.values()].map(says)].join("; "),
      content: (a) => inside.map((run) => {
        const [y, end] = [run.stable_rates[0], run.stable_rates.at(-1)].map(a.Y);
        return `<path class="limit" d="M${a.left} ${y}L${a.right} ${end}"/>${
          text(a, Math.max(end, a.top) + (end > a.top + a.rem ? -0.3 : 0.9) * a.rem, says(run))}`;
      }).join("") + outside.map((run, k) => text(a, a.top + (k + 0.7) * a.rem, `↑ ${says(run)}`)).join("")
        + runs.map((run) => `<path class="run" ${stroke(run)} d="${stairs(run.rates, a)}"/>`).join("") };
  }

  function draw_loss(runs) {
    const first = Math.max(...runs.map((run) => excess(run.losses[0]))) || 1, known = view.least_loss != null;
    const value = (loss) => Math.min(1e300, Math.max(loss, 1e-13 * first));  // below that all is rounding
    const curves = runs.map((run) => run.losses.slice(0, place(run, Infinity) + 1).map(excess));
    // The band of the seeds, or what is expected above what it would be without noise.
    const around = runs.map((run) => {
      const band = view.band?.[run.i], mean = view.band ? null : view.expected?.[run.i];
      if (!mean?.bias) return band ?? { measured: [], low: [], high: [], median: [] };
      const [measured, low, high] = [[...mean.bias.keys()], mean.bias, mean.losses.map((loss) => loss - mean.least)].map(
        (list) => list.filter((_, k) => k % Math.ceil(list.length / 200) === 0));
      return { measured, low, high, median: high };
    });
    const all = [...curves, ...around.map((one) => one.median)].flat().map(value).filter(Number.isFinite);
    const says = (run) => run.diverged_at != null ? `${run.label} diverges after ${run.diverged_at} updates`
      : `${run.label} ends at ${number(excess(run.losses.at(-1)))}${known ? " above the least" : ""}`;
    const note = view.band ? "shaded: 10–90% of 20 seeds" : view.expected ? "thin: expected; shaded: noise" : "";
    return { name: "Loss over the updates", caption: `loss on all rows${known ? " above the least" : ""}`,
      says: predicting() ? "Hidden until you have predicted" : runs.map(says).join("; "), log: true,
      y: [Math.min(...all) / 1.4, 1.4 * Math.min(Math.max(...all), 30 * first)], value: (run, t) => value(loss_at(run, t)),
      content: (a) => {
        const path = (xs, losses) => xs.map((x, k) => [a.X(x), a.Y(value(losses[k]))]);
        const ended = runs.filter((run) => run.diverged_at != null).map((run, k) => {
          const x = a.X(run.diverged_at), y = Math.max(a.top, a.Y(value(loss_at(run, Infinity))) || 0);
          return `<g fill="${run.color}"><path class="end" stroke="${run.color}" d="M${x - 5} ${y - 5}l10 10m-10 0l10 -10"/>
<text class="own" x="${x + (x > a.right / 2 ? -9 : 9)}" y="${y + (0.3 + k) * a.rem}" text-anchor="${
            x > a.right / 2 ? "end" : "start"}">diverged after ${run.diverged_at}</text></g>`;
        });
        return `<g clip-path="url(#loss-clip)">${runs.map((run, k) => `<path class="band" fill="${run.color}" d="${
          line([...path(around[k].measured, around[k].low), ...path(around[k].measured, around[k].high).reverse()])}"/>
<path class="thin" ${stroke(run)} d="${line(path(around[k].measured, around[k].median))}"/>`).join("")}${runs.map((run, k) =>
          `<path class="run" ${stroke(run)} d="${line(path(run.measured.slice(0, curves[k].length), curves[k]))}"/>`).join("")}</g>${
          ended.join("")}<text x="${a.left + 6}" y="${a.bottom - 6}">${note}</text>`;
      } };
  }

  function draw() {
    const runs = view.runs.filter((run) => run.rates?.length && run.losses?.length);
    for (const [id, make] of runs.length ? [["rate", draw_rate], ["loss", draw_loss]] : []) {
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
        dot.setAttribute("cx", a.X(id === "rate" ? t : runs[k].measured[place(runs[k], t)]));
        dot.setAttribute("visibility", id === "loss" && runs[k].diverged_at <= t ? "hidden" : "inherit");
        dot.setAttribute("cy", Math.max(a.top, a.Y(value(runs[k], t)) || 0));
      });
    }
  }

  /** Shows in a small label what each run has after t updates; without t hides it. */
  function read(id, t) {
    const label = $(id).querySelector("output"), { axes: a, runs } = drawn[id];
    label.hidden = t == null;
    if (label.hidden) return;
    t = label.after = Math.max(0, Math.min(view.steps, Math.round(t)));
    label.innerHTML = `after ${t} updates` + runs.map((run) => `<br><b style="color: ${run.color}">${escape(run.i + 1)}</b> rate ${
      number(rate_at(run, t))}${predicting() ? "" : run.diverged_at <= t ? ", diverged" : `, loss ${number(loss_at(run, t))}`}`).join("");
    label.style.cssText = t > view.steps / 2 ? `right: ${a.svg.clientWidth - a.X(t) + 8}px` : `left: ${a.X(t) + 8}px`;
  }
  for (const id of ["rate", "loss"]) {
    const hide = () => drawn[id] && read(id, null);
    const follow = (event) => {
      if (drawn[id] && event.target.closest("svg"))
        read(id, drawn[id].axes.at(event.clientX - drawn[id].axes.svg.getBoundingClientRect().left, 0)[0]);
    };
    Object.assign($(id), { onpointermove: follow, onpointerdown: follow, onpointerleave: (event) => event.pointerType === "mouse" && hide(),
      onfocusin: (event) => event.target.matches(":focus-visible") && read(id, view.t), onfocusout: hide,
      onkeydown: (event) => {
        const by = { ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10 }[event.key];
        if (!by || !drawn[id]) return;
        event.preventDefault(), event.stopPropagation();
        read(id, ($(id).querySelector("output").after ?? view.t) + by);
      } });
  }

  /** What 20 seeds give, asked in the worker: for each card the band of its losses. Null where a newer question came. */
  async function band(state) {
    const ask = (text, i) => [...Array(20).keys()].map((k) => engine.later(`band ${i} ${k}`, { ask: "compare",
      options: { ...options(state), seed: String(state.seed + k) }, steps: state.steps, expressions: [text] }));
    const answers = await Promise.all(state.schedules.map((text, i) => Promise.all(ask(text, i))));
    return answers.flat().includes(null) ? null : answers.map((seeds) => {
      const measured = seeds[0].schedules?.[0].measured ?? [];  // of data of their own, so above a least of their own
      const all = measured.map((_, k) => seeds.map(({ schedules: [run], least_loss: least }) =>
        run.losses[k] == null ? 1e300 : run.losses[k] - (least ?? 0)).sort((a, b) => a - b));
      const at = (part) => all.map((v) => (v[Math.floor(19 * part)] + v[Math.ceil(19 * part)]) / 2);
      return { measured, low: at(0.1), median: at(0.5), high: at(0.9) };
    });
  }
  panels.push({ draw, cursor });
  return { band };
})();
