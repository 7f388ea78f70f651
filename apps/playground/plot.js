/** What all pictures share: numbers as text, axes, lines and isolines. */
const Plot = (() => {
  const escape = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
  const predicting = () => document.body.classList.contains("predicting");
  /** Three digits, such as 0.00117 or 4.9e-6. @param {number|null|undefined} v */
  function number(v, digits = 3) {
    if (v == null || !Number.isFinite(v)) return "–";
    return v === 0 || (Math.abs(v) >= 1e-3 && Math.abs(v) < 1e5) ? String(+v.toPrecision(digits))
      : v.toExponential(1).replace(/\.0|\+/g, "");
  }
  // Of the finite numbers in a list of any length.
  const least = (list) => list.reduce((a, v) => Number.isFinite(v) ? Math.min(a, v) : a, Infinity);
  const greatest = (list) => -least(list.map((v) => v == null ? NaN : -v));
  const text = (x, y, words, anchor = "start", kind = "") =>
    `<text class="${kind}" x="${x}" y="${y}" text-anchor="${anchor}">${words}</text>`;
  const path = (kind, d, more = "") => `<path class="${kind}" d="${d}" ${more}/>`;
  const stroke = (run) => `stroke="${run.color}" stroke-dasharray="${run.dash}"`;
  const swatch = (run) => `<svg class="swatch" viewBox="0 0 28 6" aria-hidden="true">${
    path("", "M0 3H28", `${stroke(run)} stroke-width="3"`)}</svg>`;
  /** Round values from low to high, about `most`; on a logarithmic axis powers of ten and their parts. */
  function ticks(low, high, most, log = false) {
    const decades = Math.log10(high / low), raw = (high - low) / most;
    const parts = [[1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1, 3]].find((p) => decades * p.length <= most) ?? [1];
    const logs = log && decades >= 0.7, [from, to] = logs ? [Math.log10(low), Math.log10(high)] : [low, high];
    const power = 10 ** Math.floor(Math.log10(raw)), all = [];
    const step = logs ? Math.ceil(decades / most)
      : power * [1, 2, 5, 10].find((digit) => digit * power >= raw * 0.999);
    for (let k = Math.floor(from / step); k * step < to + step; ++k)
      all.push(...logs ? parts.map((part) => +`${part}e${k * step}`) : [+(k * step).toPrecision(12)]);
    return all.filter((v) => v >= low && v <= high);
  }
  let rem = 15;  // it and the sizes of the svgs are kept, so that no picture waits for a layout
  const observer = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) target.size = contentRect;
    rem = parseFloat(getComputedStyle(document.documentElement).fontSize), view.state && draw();
  });
  document.querySelectorAll("figure svg").forEach((svg) => observer.observe(svg));
  /** Draws axes in the svg of a figure, and in them what `content` makes of them: X and Y turn values into
   *  places, `at` a place into values. Above the values is `room` for so many lines of text. */
  function picture(figure, { name, caption, says, x: [x0, x1], y: [y0, y1], log, room = 0, content }) {
    const { id, children: [words, svg] } = figure, size = svg.size ?? svg.getBoundingClientRect();
    if (words.said !== caption) words.innerHTML = words.said = caption;
    const w = Math.max(160, size.width), left = 3.2 * rem, right = w - 1.1 * rem, wide = right - left;
    const h = Math.max(100, size.height), top = 0.6 * rem, bottom = h - 1.4 * rem, high = bottom - top;
    y1 += (y1 - y0) * room * rem / Math.max(rem, high - room * rem);
    const part = log ? (v) => Math.log(v / y0) / Math.log(y1 / y0) : (v) => (v - y0) / (y1 - y0);
    const far = (v) => Math.max(-1e5, Math.min(1e5, v));  // what is farther cannot be drawn
    const X = (v) => far(left + (v - x0) / (x1 - x0) * wide), Y = (v) => far(bottom - part(v) * high);
    const at = (x, y) => [x0 + (x - left) / wide * (x1 - x0), y0 + (bottom - y) / high * (y1 - y0)];
    const axes = { X, Y, at, left, right, top, bottom, rem, svg };
    const rows = ticks(y0, y1, Math.max(2, high / (2 * rem)), log).map((v) => path("grid",
      `M${left} ${Y(v)}H${right}`) + text(left - 0.4 * rem, Y(v) + 0.28 * rem, number(v, 12), "end"));
    const columns = ticks(x0, x1, Math.max(2, wide / (3.4 * rem))).map((v) =>
      text(X(v), h - 0.3 * rem, number(v, 12), "middle"));
    svg.setAttribute("viewBox", `0 0 ${w} ${h}`);
    svg.innerHTML = `<title id="${id}-name">${name}</title><desc id="${id}-says">${escape(says)}</desc>
      <clipPath id="${id}-clip">${path("", `M${left} ${top}H${right}V${bottom}H${left}Z`)}</clipPath>
      ${[...rows, ...columns].join("")}${path("axis", `M${left} ${top}V${bottom}H${right}`)}${content(axes)}`;
    return axes;
  }
  /** A path through places, without those too near to be seen. One that is not finite breaks it. */
  function line(places) {
    let d = "", pen = "M", from = [NaN, NaN];
    for (const [x, y] of places) {
      const seen = Number.isFinite(x + y);
      if (Math.abs(x - from[0]) + Math.abs(y - from[1]) < 0.6) continue;
      if (seen) d += pen + Math.round(10 * x) / 10 + " " + Math.round(10 * y) / 10;
      pen = seen ? "L" : "M", from = [x, y];
    }
    return d;
  }
  /** The lines of a level, a piece for each cell: places in columns and rows, the higher side to the left. */
  function isolines({ columns, rows, heights }, level) {
    const pieces = [];
    for (let k = 0; k < columns * (rows - 1); ++k) {
      if (k % columns === columns - 1) continue;
      const above = [k, k + 1, k + columns + 1, k + columns].map((corner) => heights[corner] - level);
      const high = [...above, ...above].map((v) => v >= 0);
      const cut = (e) => {  // between corner e and the next
        const x = k % columns, y = Math.floor(k / columns), part = above[e] / (above[e] - above[(e + 1) % 4]);
        return [[x + part, y], [x + 1, y + part], [x + 1 - part, y + 1], [x, y + 1 - part]][e];
      };
      for (let e = 0; e < 4; ++e)
        if (high[e] && !high[e + 1]) pieces.push([cut(e), cut((high.indexOf(true, e + 2) - 1) % 4)]);
    }
    return pieces;
  }
  return { escape, predicting, number, least, greatest, text, path, stroke, swatch, ticks, picture,
           line, isolines };
})();
