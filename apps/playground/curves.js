/** The panels of the rate and of the loss over the updates, with the values under the pointer. */
const Curves = (() => {
  const { number, text, path, stroke, line, predicting, least, greatest } = Plot;
  const drawn = {};  // by panel: its axes, its runs, and `value` of a run after t updates
  const end_of = (run) => run.diverged_at ?? Infinity;
  const excess = (loss) => loss == null ? NaN : loss - (view.least_loss ?? 0);
  /** The last measurement after at most t updates that the run reached. */
  const place = (run, t) => Math.max(0, run.measured.findLastIndex((x) => x <= Math.min(t, end_of(run))));
  const rate_at = (run, t) => run.rates[Math.min(t, run.rates.length - 1)];
  const loss_at = (run, t = Infinity) => excess(run.losses[place(run, t)]);
  /** A rate holds for its update: drawn so where updates are wide, and where it changes more than beside. */
  const stairs = (rates, { X, Y }) => line([...rates, rates.at(-1)].flatMap((rate, t) => {
    const [before, now, after] = [t - 1, t, t + 1].map((k) => Math.abs(rates[k] - rates[k - 1]) || 0);
    const jumps = t && (X(1) - X(0) > 8 || now > 8 * Math.max(before, after));
    return [...(jumps ? [[X(t), Y(rates[t - 1])]] : []), [X(t), Y(rate ?? NaN)]];  // of a log some are null
  }));
  /** Rates, and the limits above which descent on all rows diverges; an arrow shows that one is higher. */
  function rate_picture(runs) {
    const most = Math.max(1e-12, ...runs.map((run) => greatest(run.rates)));
    const kinds = new Map(runs.map((run) => [run.stable_rates?.[0], run.momentum ? ", with momentum" : ""]));
    const limits = [...kinds].filter(([rate]) => rate != null).sort(([a], [b]) => b - a);
    const full = limits.length > 1 ? "" : ", full batches";
    const words = limits.map(([rate, kind]) => `stability limit ${number(rate)}${kind || full}`);
    const top = Math.max(most, ...limits.map(([rate]) => rate).filter((rate) => rate < 1.6 * most));
    const limit = ([rate], k, a) => (rate > top ? "" : path("limit", `M${a.left} ${a.Y(rate)}H${a.right}`)) +
      text(a.right - 3, a.top + (k + 0.7) * a.rem, (rate > top ? "↑ " : "") + words[k], "end", "hot");
    return { name: "Learning rate over the updates", caption: "learning rate", value: rate_at,
      says: words.join("; "), y: [0, 1.03 * top], room: 1.05 * limits.length, content: (a) => [
        ...limits.map((one, k) => limit(one, k, a)),
        ...runs.map((run) => path("run", stairs(run.rates, a), stroke(run)))] };
  }
  /** Around a run: the band of the seeds, or what is expected, above what it would be without noise. */
  function around({ i, diverged_at }) {
    const mean = view.band || diverged_at != null ? null : view.expected?.[i], low = mean?.bias ?? [];
    const high = low.length ? mean.losses.map(excess) : [];
    return view.band?.[i] ?? { measured: [...low.keys()], low, high, median: high };
  }
  function loss_picture(runs) {
    const more = runs.map(around), known = view.least_loss == null ? "" : ", above the least possible";
    const losses = runs.map((run) => run.losses.slice(0, place(run, Infinity) + 1).map(excess));
    const first = greatest(losses.map((list) => list.find(isFinite))), goal = view.least_loss ?? 0;
    const rounding = Math.max(1e-13 * first, 1e-15 * goal, 1e-300);
    const value = (loss) => Math.min(1e300, Math.max(loss, rounding));
    const low = value(least([...losses, ...more.map(({ median }) => median)].map(least)));
    const high = value(greatest(losses.map((list, k) => greatest(  // a diverging run leaves at the top
      runs[k].diverged_at == null ? list : list.filter((loss) => loss <= 1e3 * value(first))))));
    const [thin, thick] = view.band ? ["run", "thin"] : ["thin", "run"];
    const note = view.band ? "thick: median of 20 seeds; shaded: 10–90%"
      : more.some((one) => one.low.length) ? "thin: expected loss; shaded: its noise" : "";
    const curves = (run, k, a) => {
      const { measured, low, high, median } = more[k], reached = run.measured.slice(0, losses[k].length);
      const at = (xs, ys) => xs.map((x, i) => [a.X(x), a.Y(value(ys[i]))]);
      const band = line([...at(measured, low), ...at(measured, high).reverse()]);
      return path("band", band, `fill="${run.color}"`) + path(thin, line(at(measured, median)), stroke(run))
        + path(thick, line(at(reached, losses[k])), stroke(run));
    };
    const cross = (run, k, a) => {
      const x = a.X(end_of(run)), y = Math.max(a.top, a.Y(value(loss_at(run))) || 0), left = x > a.right / 2;
      const words = `<tspan fill="${run.color}">diverged after ${end_of(run)}</tspan>`;
      return path("end", `M${x - 5} ${y - 5}l10 10m-10 0l10 -10`, stroke(run)) +
        text(left ? x - 9 : x + 9, y + (k + 0.3) * a.rem, words, left ? "end" : "start");
    };
    const ended = runs.filter((run) => run.diverged_at != null);
    const y = low < 1e300 ? [low / 1.4, 1.4 * Math.max(low, high)] : [0.1, 1];
    return { name: "Loss over the updates", caption: `loss on all rows${known}`, log: true, y,
      says: note, value: (run, t) => value(loss_at(run, t)), content: (a) => [
        '<g clip-path="url(#loss-clip)">', ...runs.map((run, k) => curves(run, k, a)), "</g>",
        ...ended.map((run, k) => cross(run, k, a)), path("veil", ""), text(a.left + 6, a.bottom - 6, note)] };
  }
  const upright = (a, kind, x) => a.svg.querySelector(kind).setAttribute("d", `M${x} ${a.top}V${a.bottom}`);
  function draw_both() {
    const runs = view.runs.filter((run) => run.rates?.length && run.losses?.length);
    const dots = runs.map((run) => `<circle class="dot" r="4.5" fill="${run.color}"/>`).join("");
    for (const [id, make] of [["rate", rate_picture], ["loss", loss_picture]]) {
      const { content, value, ...rest } = make(runs), kind = id === "loss" ? "result" : "";
      const axes = Plot.picture($(id), { x: [0, view.steps], ...rest, content: (a) =>
        `<g class="${kind}">${content(a).join("")}${dots}</g>${path("cursor", "")}${path("reader", "")}` });
      drawn[id] = { axes, runs, value, shown: drawn[id]?.shown }, read(id, drawn[id].shown);
    }
    cursor(view, view.t);
  }
  function cursor(_, t) {
    for (const [id, { axes: a, runs, value }] of Object.entries(drawn)) {
      const veil = `M${a.X(t)} ${a.top}H${a.right}V${a.bottom}H${a.X(t)}Z`;
      upright(a, ".cursor", a.X(t)), a.svg.querySelector(".veil")?.setAttribute("d", veil);
      a.svg.querySelectorAll(".dot").forEach((dot, k, _, run = runs[k]) => {
        const x = id === "rate" ? t : run.measured[place(run, t)], y = a.Y(value(run, t)) || 0;
        dot.setAttribute("transform", `translate(${a.X(x)} ${Math.max(a.top, y)})`);
        dot.setAttribute("visibility", id === "loss" && t >= end_of(run) ? "hidden" : "inherit");
      });
      if (a.svg.matches(":focus-visible")) read(id, t);
    }
  }
  /** Shows in a small label what each run has after t updates; without t hides it. */
  function read(id, t) {
    const label = $(id).querySelector("output"), { axes: a, runs } = drawn[id] ?? {}, hide = predicting();
    if (!a) return;
    label.hidden = t == null;
    t = drawn[id].shown = label.hidden ? null : Math.max(0, Math.min(view.steps, Math.round(t)));
    upright(a, ".reader", label.hidden ? -9 : a.X(t));
    const loss = (run) => hide ? "" : t >= end_of(run) ? ", diverged" : `, ${number(loss_at(run, t))}`;
    label.innerHTML = `after ${t} updates: rate${hide ? "" : ", loss"}` + runs.map((run, k) =>
      `<br><b style="color: ${run.color}">${k + 1}</b> ${number(rate_at(run, t))}${loss(run)}`).join("");
    label.style.cssText = `left: ${a.X(t)}px; translate: ${t > view.steps / 2 ? "calc(-100% - 8px)" : "8px"}`;
  }
  for (const id of ["rate", "loss"]) {
    const follow = ({ target, clientX }) => target.closest("svg")
      && read(id, drawn[id]?.axes.at(clientX - $(id).getBoundingClientRect().left, 0)[0]);
    Object.assign($(id), { onpointermove: follow, onpointerdown: follow, onfocusout: () => read(id),
      onfocusin: ({ target }) => target.matches(":focus-visible") && read(id, view.t),  // keys move t
      onpointerleave: ({ pointerType }) => pointerType === "mouse" && read(id) });
  }
  /** The band of the losses of 20 seeds, for each card. Null where a newer question came. */
  async function band(state) {
    const states = Array.from({ length: 20 }, (_, k) => ({ ...state, seed: `${state.seed + k}` }));
    const ask = (text, i) => Promise.all(states.map((one, k) =>
      engine.later(`band ${i} ${k}`, question(one, "compare", { expressions: [text] }))));
    const answers = await Promise.all(state.schedules.map(ask));
    return answers.flat().includes(null) ? null : answers.map((all) => {
      const measured = all[0].schedules?.[0].measured ?? [];
      const above = (one, k) => (one.schedules[0].losses[k] ?? 1e300) - (one.least_loss ?? 0);  // of its data
      const sorted = measured.map((_, k) => all.map((one) => above(one, k)).sort((a, b) => a - b));
      const at = (part) => sorted.map((v) => (v[Math.floor(19 * part)] + v[Math.ceil(19 * part)]) / 2);
      return { measured, low: at(0.1), median: at(0.5), high: at(0.9) };
    });
  }
  panels.push({ draw: draw_both, cursor });
  return { band };
})();
