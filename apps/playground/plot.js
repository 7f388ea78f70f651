"use strict";
/** What all pictures share: numbers as text, axes, lines, isolines, and the picture as a file. */
const Plot = (() => {
  const escape = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
  const predicting = () => document.body.classList.contains("predicting");
  const name_of = (run) => run.text ?? run.label;
  /** Three digits, such as 0.00117 or 4.9e-6. @param {number|null|undefined} v */
  function number(v, digits = 3) {
    if (v == null || !Number.isFinite(v)) return "–";
    return v === 0 || (Math.abs(v) >= 1e-3 && Math.abs(v) < 1e5) ? String(+v.toPrecision(digits))
      : v.toExponential(1).replace(/\.0|\+/g, "");
  }
  const text = (x, y, words, anchor = "start", kind = "") =>
    `<text class="${kind}" x="${x}" y="${y}" text-anchor="${anchor}">${words}</text>`;
  const path = (kind, d, more = "") => `<path class="${kind}" d="${d}" ${more}/>`;
  const stroke = (run) => `stroke="${run.color}" stroke-dasharray="${run.dash}"`;
  /** Round values from low to high, about `most`; on a logarithmic axis powers of ten and their parts. */
  function ticks(low, high, most, log = false) {
    const decades = Math.log10(high / low), every = Math.ceil(decades / most), out = [];
    if (log && decades >= 0.7) {
      const parts = [[1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]].find((all, k) => k === 3 || decades * all.length <= most);
      for (let p = Math.floor(Math.log10(low) / every) * every; p <= Math.log10(high); p += every)
        out.push(...parts.map((k) => +`${k}e${p}`));
    } else {
      const raw = (high - low) / most, power = 10 ** Math.floor(Math.log10(raw));
      const step = [1, 2, 5, 10].find((k) => k * power >= raw * 0.999) * power;
      for (let k = Math.floor(low / step); k * step < high + step; ++k) out.push(+(k * step).toPrecision(12));
    }
    return out.filter((v) => v >= low && v <= high);
  }
  // The sizes of the svgs are kept, so that no picture waits for the layout of the one before.
  const sizes = new WeakMap(), root_size = () => parseFloat(getComputedStyle(document.documentElement).fontSize);
  let rem = root_size();
  const observer = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) sizes.set(target, contentRect);
    rem = root_size();
    if (view.state) draw();
  });
  document.querySelectorAll("figure svg").forEach((svg) => observer.observe(svg));
  /** Draws axes in the svg of a figure, and in them what `content` makes of them: X and Y turn values into
   *  places, `at` a place into values. Above the values is `room` for so many lines of text. The viewBox is the
   *  svg's real size, so that text keeps its own. */
  function picture(figure, { name, caption, says, x: [x0, x1], y: [y0, y1], log = false, room = 0, content }) {
    const { id, children: [words, svg] } = figure, { width, height } = sizes.get(svg) ?? svg.getBoundingClientRect();
    if (words.said !== caption) words.innerHTML = words.said = caption;
    const w = Math.max(160, width), h = Math.max(100, height), left = 3.2 * rem, right = w - 1.1 * rem;
    const top = 0.6 * rem, bottom = h - 1.4 * rem;
    y1 += ((y1 - y0) * room * rem) / Math.max(rem, bottom - top - room * rem);
    const part = log ? (v) => Math.log(v / y0) / Math.log(y1 / y0) : (v) => (v - y0) / (y1 - y0);
    const X = (v) => left + (v - x0) / (x1 - x0) * (right - left), Y = (v) => bottom - part(v) * (bottom - top);
    const at = (x, y) => [x0 + (x - left) / (right - left) * (x1 - x0), y0 + (bottom - y) / (bottom - top) * (y1 - y0)];
    const axes = { X, Y, at, left, right, top, bottom, rem, svg };
    const rows = ticks(y0, y1, Math.max(2, (bottom - top) / (2 * rem)), log).map((v) => path("grid",
      `M${left} ${Y(v)}H${right}`) + text(left - 0.4 * rem, Y(v) + 0.28 * rem, number(v, 12), "end"));
    const columns = ticks(x0, x1, Math.max(2, (right - left) / (3.4 * rem))).map((v) =>
      text(X(v), h - 0.3 * rem, number(v, 12), "middle"));
    svg.setAttribute("viewBox", `0 0 ${w} ${h}`);
    svg.innerHTML = `<title id="${id}-name">${escape(name)}</title><desc id="${id}-says">${escape(says)}</desc>
      <clipPath id="${id}-clip">${path("", `M${left} ${top}H${right}V${bottom}H${left}Z`)}</clipPath>${rows.join("")}
      ${columns.join("")}${path("axis", `M${left} ${top}V${bottom}H${right}`)}${content(axes)}`;
    return axes;
  }
  /** A path through places, without those too near to be seen. One that is not finite breaks it. */
  function line(places) {
    let d = "", pen = "M", from = [NaN, NaN];
    for (const at of places) {
      const [x, y] = at, seen = Number.isFinite(x + y);
      if (Math.abs(x - from[0]) + Math.abs(y - from[1]) < 0.6) continue;
      if (seen) d += pen + Math.round(10 * x) / 10 + " " + Math.round(10 * y) / 10;
      pen = seen ? "L" : "M", from = at;
    }
    return d;
  }
  /** The lines of a level as long paths of places in columns and rows, the higher side to their left. Edge 2k of
   *  the grid leads from its corner k to the right, edge 2k + 1 upwards. */
  function isolines({ columns, rows, heights }, level) {
    const next = new Map();  // from an edge to that by which the line leaves the cell
    for (let k = 0; k < columns * (rows - 1); ++k) {
      if (k % columns === columns - 1) continue;
      const corners = [k, k + 1, k + columns + 1, k + columns, k, k + 1, k + columns + 1, k + columns];
      const edges = [2 * k, 2 * k + 3, 2 * (k + columns), 2 * k + 1], high = corners.map((c) => heights[c] >= level);
      for (let e = 0; e < 4; ++e)
        if (high[e] && !high[e + 1]) next.set(edges[e], edges[(high.indexOf(true, e + 2) - 1) % 4]);
    }
    const place = (edge) => {
      const k = edge >> 1, up = edge % 2, part = (level - heights[k]) / (heights[k + (up ? columns : 1)] - heights[k]);
      return [k % columns + (up ? 0 : part), Math.floor(k / columns) + (up ? part : 0)];
    };
    const walk = (edge) => {
      const out = [place(edge)];
      for (let to; (to = next.get(edge)) !== undefined; edge = to) next.delete(edge), out.push(place(to));
      return out;
    };
    const reached = new Set(next.values()), begins = [...next.keys()].filter((edge) => !reached.has(edge));
    return [...begins, ...next.keys()].flatMap((edge) => next.has(edge) ? [walk(edge)] : []);  // then the loops
  }

  /** The picture as a file's text, into which the page's styles are written. @param {any} svg */
  function file(svg) {
    const looks = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray",
                   "visibility", "font-size", "font-family", "paint-order"];
    const copy = svg.cloneNode(true), from = svg.querySelectorAll("*"), { width, height } = svg.viewBox.baseVal;
    copy.querySelectorAll("*").forEach((to, i, _, style = getComputedStyle(from[i])) =>
      looks.forEach((look) => to.style.setProperty(look, style.getPropertyValue(look))));
    for (const [key, v] of Object.entries({ xmlns: svg.namespaceURI, width, height })) copy.setAttribute(key, v);
    copy.style.background = getComputedStyle(document.body).getPropertyValue("--paper");
    return new XMLSerializer().serializeToString(copy);
  }
  return { escape, predicting, name_of, number, text, path, stroke, ticks, picture, line, isolines, file };
})();
