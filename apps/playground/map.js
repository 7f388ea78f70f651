"use strict";
/** The map: paths over lines of equal loss, or for a network of two inputs what it says about the plane. */
const Landscape = (() => {
  const { escape, number, line } = Plot, figure = $("map");
  let kept = null;      // the last surface and the options it belongs to
  let drawn = null;     // axes and the places of the paths
  let dragging = false, frame = 0, chosen = 0, said = null;

  const inside = ([x0, x1, y0, y1], [x, y]) => x > x0 && x < x1 && y > y0 && y < y1;
  /** The loss around the start. A moved start keeps the map while it lies in it. */
  function surface(state) {
    if (state.layers !== "none") return null;
    const { start, ...rest } = state, key = JSON.stringify([rest.data, rest.loss, rest.seed]);
    if (kept?.key === key && start && inside(kept.box, start)) return kept;
    const { answer } = { answer: engine.ask({ ask: "surface", options: options(state), steps: state.steps }) };
    if (answer.error) return null;
    return kept = { ...answer, key, lines: answer.levels.map((level) => Plot.isolines(answer, level)) };
  }

  const start_of = () => view.state.start ?? view.runs.find((run) => run.path)?.path[0] ?? [0, 0];
  const clamp = (v) => Math.max(-9999, Math.min(9999, v));
  /** A path as places, and as text with the length that it has up to each place. */
  function track({ X, Y }, path) {
    const places = path.map(([w, b]) => [clamp(X(w)), clamp(Y(b))]), ends = [];
    let d = "", last = [1e9, 0];
    for (const [x, y] of places) {
      if (Math.hypot(x - last[0], y - last[1]) > 0.4) d += `${d ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`, last = [x, y];
      ends.push(d.length);
    }
    return { places, ends, d };
  }

  function draw_paths() {
    const s = view.surface, [x0, x1, y0, y1] = s.box, runs = view.runs.filter((run) => run.path?.length), start = start_of();
    const says = (run) => `${run.label} ${inside(s.box, run.path.at(-1)) ? `ends at w ${number(run.path.at(-1)[0])}, b ${
      number(run.path.at(-1)[1])}` : "leaves the map"}`;
    drawn = { runs: [] };
    drawn.axes = Plot.picture(figure, { name: "Paths of w and b over lines of equal loss", x: [x0, x1], y: [y0, y1],
      caption: "paths of w and b; drag the ring to start there",
      says: `From w ${number(start[0])}, b ${number(start[1])}; the loss is least at w ${number(s.goal[0])}, b ${number(s.goal[1])}. `
        + (document.body.classList.contains("predicting") ? "" : runs.map(says).join("; ")),
      content: (a) => {
        const place = ([i, j]) => [a.left + (i / (s.columns - 1)) * (a.right - a.left), a.bottom - (j / (s.rows - 1)) * (a.bottom - a.top)];
        const iso = s.lines.flat().map((points) => line(points.map(place))).join("");
        const ways = runs.map((run, k) => {
          const way = track(a, run.path.slice(0, (run.diverged_at ?? Infinity) + 1)), width = 2 + 1.3 * (runs.length - 1 - k);  // later ones lie on wider ones
          drawn.runs.push(way);
          return `<g stroke="${run.color}" stroke-width="${width}"><path class="run ahead" d="${way.d}"/><path class="run way"
 stroke-dasharray="${run.dash}"/></g>`;
        });
        const dots = runs.map((run) => `<circle class="dot" r="5" fill="${run.color}"/><path class="arrow" fill="${run.color}" d="M-11 -7L3 0L-11 7Z"/>`);
        const [gx, gy, rx, ry] = [a.X(s.goal[0]), a.Y(s.goal[1]), a.X(start[0]), a.Y(start[1])];
        return `<path class="iso" d="${iso}"/><text x="${a.right - 4}" y="${a.bottom - 5}" text-anchor="end">w</text>
<text x="${a.left + 6}" y="${a.top + 0.8 * a.rem}">b</text><g class="result"><g clip-path="url(#map-clip)">${ways.join("")}</g>${dots.join("")}</g>
<path class="goal" d="M${gx - 9} ${gy}h18m-9 -9v18"/><g class="ring" tabindex="0" role="slider" aria-label="start; arrow keys move it"
 aria-valuenow="${start[0]}" aria-valuetext="w ${number(start[0])}, b ${number(start[1])}"><circle r="22" class="grip" cx="${rx}" cy="${ry}"/><circle r="9" cx="${rx}" cy="${ry}"/></g>`;
      } });
  }

  function move_paths(t) {
    const { left, right, top, bottom, svg } = drawn.axes, box = [left - 1, right + 1, top - 1, bottom + 1];
    const [ways, dots, arrows] = [".way", ".dot", ".arrow"].map((name) => svg.querySelectorAll(name));
    drawn.runs.forEach(({ places, ends, d }, k) => {
      const n = Math.min(t, places.length - 1), out = !inside(box, places[n]);
      ways[k].setAttribute("d", d.slice(0, ends[n]));
      dots[k].setAttribute("visibility", out ? "hidden" : "inherit");
      arrows[k].setAttribute("visibility", out ? "inherit" : "hidden");
      if (!out) dots[k].setAttribute("cx", places[n][0]), dots[k].setAttribute("cy", places[n][1]);
      else {
        const from = places.findLastIndex((p, i) => i < n && inside(box, p)), [x, y] = places[Math.max(0, from)];
        const [dx, dy] = [places[from + 1][0] - x, places[from + 1][1] - y];
        const part = Math.min(((dx > 0 ? right : left) - x) / dx || Infinity, ((dy > 0 ? bottom : top) - y) / dy || Infinity);
        arrows[k].setAttribute("transform", `translate(${x + part * dx} ${y + part * dy}) rotate(${Math.atan2(dy, dx) * 180 / Math.PI})`);
      }
    });
  }

  /** The plane as strips of one colour and strength; dots are the data. */
  const classes = ["var(--c2)", "var(--c3)", "var(--c0)", "var(--c1)"];
  const shapes = ["m-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0", "m-3 -3h6v6h-6z", "m0 -4l4 7h-8z", "m-4 0l4 -4l4 4l-4 4z"];
  function strips({ columns, rows, values, labels }, a) {
    const many = Math.max(...labels) > 1, dx = (a.right - a.left) / (columns - 1), dy = (a.bottom - a.top) / (rows - 1);
    const kind = (v) => many ? 5 * Math.round(v) + 3 : v > 0.5 ? 5 + Math.min(4, Math.floor(10 * v - 5)) : Math.min(4, Math.floor(5 - 10 * v));
    const paths = {};
    for (let j = 0, k = 0; j < rows; ++j)
      for (let i = 0, from = 0; i < columns; ++i, ++k) {
        if (i + 1 < columns && kind(values[k + 1]) === kind(values[k])) continue;
        const at = kind(values[k]), x = a.left + (from - 0.5) * dx;
        paths[at] = `${paths[at] ?? ""}M${x.toFixed(1)} ${(a.bottom - (j + 0.5) * dy).toFixed(1)}h${((i + 1 - from) * dx).toFixed(1)}v${dy.toFixed(1)}H${x.toFixed(1)}z`;
        from = i + 1;
      }
    return Object.entries(paths).map(([at, d]) => `<path d="${d}" fill="${classes[Math.floor(at / 5) % 4]}" fill-opacity="${0.06 + 0.1 * (at % 5)}"/>`).join("")
      + (many ? "" : `<path class="boundary" d="${Plot.isolines({ columns, rows, heights: values }, 0.5).map((points) =>
        line(points.map(([i, j]) => [a.left + i * dx, a.bottom - j * dy]))).join("")}"/>`);
  }

  function draw_plane() {
    const { box: [x0, x1, y0, y1], points, labels } = said;
    const names = view.runs.map((run) => `<option value="${run.i}"${run.i === chosen ? " selected" : ""}>${run.i + 1}: ${escape(run.text)}</option>`);
    drawn = { axes: Plot.picture(figure, { name: "What the network says about the plane", x: [x0, x1], y: [y0, y1],
      caption: `what this network says: <select aria-label="schedule whose network is shown">${names.join("")}</select>`,
      says: `The data and the regions of the network trained with ${view.runs[chosen]?.text}`,
      content: (a) => `<g class="result plane" clip-path="url(#map-clip)">${strips(said, a)}</g>` + [...new Set(labels)].map((label) =>
        `<path class="data" fill="${classes[label % 4]}" d="${points.map(([x, y], k) => labels[k] !== label ? ""
          : `M${a.X(x).toFixed(1)} ${a.Y(y).toFixed(1)}${shapes[label % 4]}`).join("")}"/>`).join("") }) };
  }
  /** Asks what the chosen network says after t updates. */
  async function ask_plane(t) {
    if (view.runs[chosen]?.rates == null) chosen = Math.max(0, view.runs.findIndex((run) => run.rates));
    const answer = await engine.later("map", { ask: "map", options: options(view.state), steps: view.state.steps,
                                               expression: view.runs[chosen].text, updates: Math.min(t, view.state.steps) });
    if (!answer || view.surface) return;
    if (answer.error) return figure.replaceChildren(Object.assign(document.createElement("figcaption"), { textContent: answer.error }));
    const same = said && drawn?.axes && said.box.join() === answer.box.join();
    said = answer;
    if (same) figure.querySelector(".plane").innerHTML = strips(said, drawn.axes);
    else draw_plane();
  }

  function draw() {
    const focused = document.activeElement?.matches("#map .ring");
    if (view.surface) draw_paths();
    else if (said) draw_plane();
    cursor(view, view.t);
    if (focused) figure.querySelector(".ring")?.focus();
  }
  function cursor(_, t) {
    if (view.surface) move_paths(t); else ask_plane(t);
  }

  const move = (start) => change((state) => { state.start = start.map((v) => +v.toFixed(3)); });
  figure.onpointerdown = (event) => {
    if (!event.target.closest(".ring")) return;
    dragging = true;
    drawn.axes.svg.setPointerCapture(event.pointerId);
    event.preventDefault();
  };
  figure.onpointermove = (event) => {
    if (!dragging) return;
    const at = drawn.axes.svg.getBoundingClientRect(), start = drawn.axes.at(event.clientX - at.left, event.clientY - at.top);
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => move(start));
  };
  figure.onpointerup = figure.onpointercancel = () => { dragging = false; };
  figure.onkeydown = (event) => {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!by || !event.target.matches(".ring")) return;
    event.preventDefault(), event.stopPropagation();
    const [x0, x1, y0, y1] = view.surface.box, [w, b] = start_of(), part = event.shiftKey ? 0.1 : 0.02;
    move([w + by[0] * part * (x1 - x0), b + by[1] * part * (y1 - y0)]);
  };
  figure.onchange = (event) => { chosen = +event.target.value; ask_plane(view.t); };
  panels.push({ draw, cursor });
  return { surface };
})();
