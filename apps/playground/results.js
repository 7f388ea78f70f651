// The results, and the last update before the cursor written out in numbers.
(() => {
  const { number, escape, swatch } = Plot, signed = (v) => v < 0 ? `(−${number(-v)})` : number(v);
  const weight = (v) => (Math.abs(v) < 1e4 ? v.toFixed(3) : v.toExponential(2)).replace("-", "−");
  const cells = (texts) => texts.map((text) => `<td>${text}</td>`).join("");
  const wide = (columns, text) => `<td colspan="${columns}" class="error">${escape(text)}</td>`;
  const diverged = ({ diverged_at: t }) => t == null ? "" : `diverged after update ${t}`;
  const table = (heads, row) => `<table><thead><tr>${
    heads.map((text) => `<th scope="col">${text}</th>`).join("")}</tr></thead><tbody>${
    view.runs.map((run) => `<tr><th scope="row"><div title="${escape(run.label)}">${swatch(run)}${
      escape(run.label)}</div></th>${row(run)}</tr>`).join("")}</tbody></table>`;
  /** Whether the rule is SGD with nothing but a rate and perhaps momentum. */
  const is_plain = ({ optimizer }) => /^(sgd|momentum)(\([^=,()]*,?(momentum=[^=,()]+)?\))?$/
    .test(optimizer.replace(/ |(?<=\(.*)\([^()]*\)/g, ""));  // without inner brackets
  /** Update t of weight k, with the gradient that the rule and the path give. */
  function equation(run, t, k) {
    const [w, after] = [run.path[t - 1][k], run.path[t][k]], rate = run.rates[t - 1];
    if (!is_plain(run)) return `${weight(w)} + ${signed(after - w)} = ${weight(after)}`;
    const mu = run.momentum?.[t - 1] ?? 0, velocity = t > 1 ? w - run.path[t - 2][k] : 0;
    const kept = mu ? ` + ${number(mu)} × ${signed(velocity)}` : "", move = mu * velocity - (after - w);
    const lost = Math.abs(move) <= 1e-12 * Math.abs(w), gradient = lost ? "gradient" : signed(move / rate);
    return `${weight(w)}${kept} − ${number(rate)} × ${gradient} = ${weight(after)}`;
  }
  function at_cursor(run, cursor) {
    const t = Math.min(cursor, run.steps);
    if (run.error || t > (run.diverged_at ?? Infinity)) return wide(2, run.error ? "" : diverged(run));
    if (run.path) return cells([0, 1].map((k) => t ? equation(run, t, k) : weight(run.path[0][k])));
    return cells([number(run.rates[t - 1]), number(run.losses[run.measured.findLastIndex((x) => x <= t)])]);
  }
  function cursor({ t, runs }) {
    const paths = runs.filter((run) => run.path), plain = paths.filter(is_plain);
    const kept = plain.some((run) => run.momentum) ? " + momentum × velocity" : "";
    const rule = !t ? "" : plain.length ? `${kept} − rate × gradient` : " + step";
    const heads = paths.length ? ["w" + rule, "b" + rule] : ["Rate", "Loss"];
    $("update").innerHTML = table([t ? `Update ${t}` : "Start", ...heads], (run) => at_cursor(run, t));
  }
  const last = (run) => run.losses && !diverged(run) ? run.losses.at(-1) : NaN;
  const end = (run) => diverged(run) || number(last(run));
  let timer = 0;
  function draw() {
    const target = view.runs.map(last).find((loss) => loss >= 0);
    const reached = (run) => run.measured[run.losses.findIndex((l) => l != null && l <= target)] ?? "never";
    const above = (run) => number(Math.max(0, last(run) - (run.least_loss ?? NaN)));
    $("results").lastChild.outerHTML = table(["Schedule", "Final loss", "Above the least", "Sum of rates",
      `Updates to loss ${number(target)}`], (run) => run.error ? wide(4, run.error)
      : cells([end(run), above(run), number(run.budget), reached(run)]));
    const said = view.runs.map((run) => `${run.label}: ${run.error ?? `final loss ${end(run)}`}`).join("; ");
    clearTimeout(timer), timer = setTimeout(() => { $("results").firstChild.textContent = said; }, 600);
    cursor(view);
  }
  panels.push({ draw, cursor });
})();
