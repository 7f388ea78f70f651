"use strict";
/** What all pictures share: numbers as text, axes, lines, isolines, and the picture as a file. */
const Plot = (() => {
  const escape = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

  /** @param {number|null|undefined} v @returns {string} three digits, such as 0.00117 or 4.9e-6 */
  function number(v) {
    if (v == null || !Number.isFinite(v)) return "–";
    const small = v !== 0 && Math.abs(v) < 1e-3;
    return small || Math.abs(v) >= 1e5 ? v.toExponential(1).replace(/\.0|\+/g, "") : String(+v.toPrecision(3));
  }

  /** Round values from low to high, about `most` at most. @returns {number[]} */
  function ticks(low, high, most) {
    const raw = (high - low) / most, power = 10 ** Math.floor(Math.log10(raw)), out = [];
    const step = [1, 2, 5, 10].find((k) => k * power >= raw * 0.999) * power;
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; ++k)
      out.push(+(k * step).toPrecision(12));
    return out;
  }

  /** For a logarithmic axis: powers of ten, where there are few also their parts. @returns {number[]} */
  function log_ticks(low, high, most) {
    const decades = Math.log10(high / low), every = Math.ceil(decades / most), out = [];
    if (decades < 0.7) return ticks(low, high, most);
    const parts = decades * 6 <= most ? [1, 1.5, 2, 3, 5, 7] : decades * 3 <= most ? [1, 2, 5] : decades * 2 <= most ? [1, 3] : [1];
    for (let p = Math.floor(Math.log10(low) / every) * every; p <= Math.log10(high); p += every)
      out.push(...parts.map((k) => +`${k}e${p}`).filter((v) => v >= low && v <= high));
    return out;
  }

  const sizes = new WeakMap();  // of the svgs, so that no picture waits for the layout of the one before
  const observer = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) sizes.set(target, contentRect);
    draw();
  });
  let rem = 0;  // while a task draws

  /**
   * Draws axes in the figure's svg, and in them what `content` makes of them: X and Y turn values into
   * places, `at` turns a place into values. The viewBox is the svg's real size, so that text keeps its own.
   * @param {any} figure @param {{name: string, caption: string, says: string, x: number[], y: number[],
   *   log?: boolean, content: (axes: any) => string}} picture
   */
  function picture(figure, { name, caption, says, x: [x0, x1], y: [y0, y1], log = false, content }) {
    const { id } = figure;
    if (figure.children.length < 3) {
      figure.innerHTML = `<figcaption></figcaption><svg tabindex="0" role="img" aria-labelledby="${id}-name ${id}-says"></svg>
<output hidden></output>`;
      observer.observe(figure.children[1]);
    }
    const [words, svg] = figure.children, { width, height } = sizes.get(svg) ?? svg.getBoundingClientRect();
    if (!rem) rem = parseFloat(getComputedStyle(document.documentElement).fontSize), setTimeout(() => { rem = 0; });
    if (words.said !== caption) words.innerHTML = words.said = caption;
    const w = Math.max(160, width), h = Math.max(100, height);
    const left = 3.2 * rem, right = w - 1.1 * rem, top = 0.6 * rem, bottom = h - 1.4 * rem;
    const part = log ? (v) => Math.log(v / y0) / Math.log(y1 / y0) : (v) => (v - y0) / (y1 - y0);
    const X = (v) => left + ((v - x0) / (x1 - x0)) * (right - left), Y = (v) => bottom - part(v) * (bottom - top);
    const at = (px, py) => [x0 + ((px - left) / (right - left)) * (x1 - x0),
                            y0 + ((bottom - py) / (bottom - top)) * (y1 - y0)];
    const axes = { X, Y, at, left, right, top, bottom, rem, svg };
    const rows = (log ? log_ticks : ticks)(y0, y1, Math.max(2, (bottom - top) / (2 * rem))).map((v) => {
      const y = Y(v).toFixed(1), text = `<text x="${left - 0.4 * rem}" y="${y}" dy=".28rem" text-anchor="end">`;
      return `<path class="grid" d="M${left} ${y}H${right}"/>${text}${number(v)}</text>`;
    });
    const columns = ticks(x0, x1, Math.max(2, (right - left) / (4 * rem))).map((v) =>
      `<text x="${X(v).toFixed(1)}" y="${h - 0.3 * rem}" text-anchor="middle">${number(v)}</text>`);
    svg.setAttribute("viewBox", `0 0 ${w} ${h}`);
    svg.innerHTML = `<title id="${id}-name">${escape(name)}</title><desc id="${id}-says">${escape(says)}</desc>
<clipPath id="${id}-clip"><path d="M${left} ${top}H${right}V${bottom}H${left}Z"/></clipPath>${rows.join("")}${columns.join("")}
<path class="axis" d="M${left} ${top}V${bottom}H${right}"/>${content(axes)}`;
    return axes;
  }

  /** A path through places; one that is not finite breaks it. @param {number[][]} places */
  function line(places) {
    let d = "", pen = "M";
    for (const [x, y] of places) {
      const seen = Number.isFinite(x) && Number.isFinite(y);
      if (seen) d += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
      pen = seen ? "L" : "M";
    }
    return d;
  }

  /**
   * Where a grid of heights has this level: long paths of places in columns and rows.
   * Edge 2k leads from corner k of the grid to the right, edge 2k + 1 upwards.
   */
  function isolines({ columns, rows, heights }, level) {
    const next = new Map(), join = (a, b) => next.has(a) ? next.get(a).push(b) : next.set(a, [b]);
    for (let j = 0, k = 0; j + 1 < rows; ++j, k = j * columns)
      for (let i = 0; i + 1 < columns; ++i, ++k) {
        const high = [k, k + 1, k + columns + 1, k + columns].map((corner) => heights[corner] >= level);
        const cut = [2 * k, 2 * k + 3, 2 * (k + columns), 2 * k + 1].filter((_, e) => high[e] !== high[(e + 1) % 4]);
        for (; cut.length; cut.splice(0, 2)) join(cut[0], cut[1]), join(cut[1], cut[0]);
      }
    const place = (edge) => {
      const k = edge >> 1, up = edge % 2, a = heights[k], part = (level - a) / (heights[k + (up ? columns : 1)] - a);
      return [k % columns + (up ? 0 : part), Math.floor(k / columns) + (up ? part : 0)];
    };
    const walk = (edge) => {
      const out = [place(edge)];
      for (let to; (to = next.get(edge).pop()) !== undefined; edge = to) {
        next.get(to).splice(next.get(to).indexOf(edge), 1);
        out.push(place(to));
      }
      return out;
    };
    const ends = [...next.keys()].filter((edge) => next.get(edge).length === 1);  // the others lie on loops
    return [...ends, ...next.keys()].flatMap((edge) => next.get(edge).length ? [walk(edge)] : []);
  }

  const looks = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "opacity",
                 "visibility", "font-size", "font-family", "paint-order"];
  /** The picture as a file's text, into which the page's styles are written. @returns {string} */
  function file(svg) {
    const copy = svg.cloneNode(true), from = svg.querySelectorAll("*"), [, , w, h] = svg.getAttribute("viewBox").split(" ");
    copy.querySelectorAll("*").forEach((to, i) => {
      for (const name of looks) to.style.setProperty(name, getComputedStyle(from[i]).getPropertyValue(name));
    });
    Object.entries({ xmlns: "http://www.w3.org/2000/svg", width: w, height: h }).forEach((a) => copy.setAttribute(...a));
    copy.style.background = getComputedStyle(document.body).backgroundColor;
    return new XMLSerializer().serializeToString(copy);
  }

  return { escape, number, ticks, log_ticks, picture, line, isolines, file };
})();
