"use strict";
// The results, and the last update before the cursor written out in numbers.
(() => {
  const { number, escape } = Plot, signed = (v) => v < 0 ? `(−${number(-v)})` : number(v);
  const weight = (v) => (Math.abs(v) < 1e4 ? v.toFixed(3) : v.toExponential(2)).replace("-", "−");
  const cells = (texts) => texts.map((text) => `<td>${text}</td>`).join("");
  const wide = (columns, text = "") => `<td colspan="${columns}" class="error">${escape(text)}</td>`;
  const diverged = ({ diverged_at: t }) => t == null ? "" : `diverged after update ${t}`;
  const name = ({ color, dash, label }) => `<th scope="row"><div title="${escape(label)}"><svg class="swatch"
    viewBox="0 0 28 6" aria-hidden="true"><path d="M0 3H28" stroke="${color}" stroke-width="3"
    stroke-dasharray="${dash}"/></svg>${escape(label)}</div></th>`;
  const head = (text) => `<th scope="col">${text}</th>`;
  const table = (heads, of) => `<table><thead><tr>${heads.map(head).join("")}</tr></thead><tbody>${
    view.runs.map((run) => `<tr>${name(run)}${of(run)}</tr>`).join("")}</tbody></table>`;
  /** The momentum of plain SGD, 0 without it; null where the optimizer is another one. */
  function momentum_of({ optimizer }) {
    const text = optimizer.replaceAll(" ", "").replace(/(?<=\(.*)\([^()]*\)/g, "");  // without inner brackets
    const [, rule, given] = /^(sgd|momentum)(?:\([^=,()]*,?(?:momentum=([\d.]+))?\))?$/.exec(text) ?? [];
    return given ? +given : { sgd: 0, momentum: 0.9 }[rule] ?? null;
  }
  /** Update t of weight k, with the gradient that the rule and the path give. */
  function equation(run, t, k) {
    const [w, after] = [run.path[t - 1][k], run.path[t][k]], rate = run.rates[t - 1], mu = momentum_of(run);
    if (mu == null) return `${weight(w)} + ${signed(after - w)} = ${weight(after)}`;
    const velocity = t > 1 ? w - run.path[t - 2][k] : 0, kept = mu ? ` + ${mu} × ${signed(velocity)}` : "";
    const move = mu * velocity - (after - w), lost = Math.abs(move) <= 1e-12 * Math.abs(w);  // in rounding
    const gradient = lost ? "gradient" : signed(move / rate);
    return `${weight(w)}${kept} − ${number(rate)} × ${gradient} = ${weight(after)}`;
  }
  function at_cursor(run, cursor) {
    const t = Math.min(cursor, run.steps);
    if (run.error) return wide(2);
    if (t > (run.diverged_at ?? Infinity)) return wide(2, diverged(run));
    if (run.path) return cells([0, 1].map((k) => t ? equation(run, t, k) : weight(run.path[0][k])));
    return cells([number(run.rates[t - 1]), number(run.losses[run.measured.findLastIndex((x) => x <= t)])]);
  }
  function cursor({ t, runs }) {
    const rules = runs.filter((run) => run.path).map(momentum_of);
    const kept = rules.some(Boolean) ? " + momentum × velocity" : "";
    const rule = !t ? "" : kept || rules.includes(0) ? `${kept} − rate × gradient` : " + step";
    const heads = rules.length ? ["w" + rule, "b" + rule] : ["Rate", "Loss"];
    $("update").innerHTML = table([t ? `Update ${t}` : "At first", ...heads], (run) => at_cursor(run, t));
  }
  const last = (run) => run.losses && !diverged(run) ? run.losses.at(-1) : NaN;
  const end = (run) => diverged(run) || number(last(run));
  let timer = 0;
  function draw() {
    const target = view.runs.map(last).find((loss) => loss >= 0);
    const reached = (run) => run.measured[run.losses.findIndex((l) => l != null && l <= target)] ?? "never";
    const above = (run) => Math.max(0, last(run) - (run.least_loss ?? NaN));
    $("results").lastChild.outerHTML = table(["Schedule", "Final loss", "Above the least", "Sum of rates",
      `Updates to ${number(target)}`], (run) => run.error ? wide(4, run.error)
      : cells([end(run), number(above(run)), number(run.budget), reached(run)]));
    const said = view.runs.map((run) => `${run.label}: ${run.error ?? `final loss ${end(run)}`}`).join("; ");
    clearTimeout(timer), timer = setTimeout(() => { $("results").firstChild.textContent = said; }, 600);
    cursor(view);
  }
  panels.push({ draw, cursor });
})();
