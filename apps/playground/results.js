"use strict";
// The results table, and the update at the cursor written out in numbers.
(() => {
  const shown = (/** @type {number | null | undefined} */ v) => v == null || !Number.isFinite(v) ? "–" : Plot.number(v);
  const mark = (run) => `<svg class="swatch" viewBox="0 0 28 6" aria-hidden="true"><path d="M0 3H28" stroke="${run.color}"
    stroke-dasharray="${run.dash}"/></svg>`;
  const name = (run) => `${mark(run)}<span class="expression">${Plot.escape(run.text)}</span>`;
  const last = (run) => run.losses?.at(-1);
  const above = (run, loss = last(run)) => run.least_loss == null || loss == null ? null : Math.max(0, loss - run.least_loss);
  /** The first update after which the loss is at most the target. */
  function reached(run, /** @type {number} */ target) {
    const at = run.losses.findIndex((loss) => loss <= target);
    return at < 0 ? "never" : String(run.looks[at]);
  }
  function row(run, target) {
    if (run.error) return `<td colspan="4" class="error">${Plot.escape(run.error)}</td>`;
    const cells = run.diverged ? [`diverged at update ${run.losses.length}`, "–"] : [shown(last(run)), shown(above(run))];
    return [...cells, shown(run.budget), reached(run, target)].map((cell) => `<td>${cell}</td>`).join("");
  }
  function draw() {
  }
  panels.push({ draw });
})();
