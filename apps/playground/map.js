"use strict";
/** The map: paths over lines of equal loss, or what a network of two inputs says about the plane. */
const Landscape = (() => {
  const { escape, number, line, predicting } = Plot, figure = $("map");
  /** @type {any} */ let kept = null;   // the last surface, with the lines of its levels
  /** @type {any} */ let drawn = null;  // the axes of the picture, and the tracks of its paths
  /** @type {any} */ let said = null;   // the last answer about the plane
  let chosen = 0, dragging = false, frame = 0;
  const inside = ([x0, x1, y0, y1], [x, y]) => x > x0 && x < x1 && y > y0 && y < y1;
  /** Of a grid over the whole picture: the path of its lines of a level. */
  const level_lines = (a, { columns, rows }, lines) => lines.map((points) => line(points.map(([i, j]) =>
    [a.left + (i / (columns - 1)) * (a.right - a.left), a.bottom - (j / (rows - 1)) * (a.bottom - a.top)]))).join("");

  /** The loss around the start, null without two weights. A start that moves within it keeps its box. */
  function surface(state) {
    if (state.layers !== "none") return null;
    const key = JSON.stringify([state.data, state.loss, state.seed]);
    if (kept?.key === key && state.start && inside(kept.box, state.start)) return kept;
    const answer = engine.ask({ ask: "surface", options: options(state), steps: state.steps });
    if (answer.error) return null;
    return kept = { ...answer, key, lines: answer.levels.flatMap((level) => Plot.isolines(answer, level)) };
  }

  /** A path as places, and as text with its length up to each place. */
  function track({ X, Y }, path) {
    const near = (v) => Math.max(-9999, Math.min(9999, v)), ends = [], places = path.map(([w, b]) => [near(X(w)), near(Y(b))]);
    let d = "", from = [1e6, 0];
    for (const at of places) {
      if (Math.hypot(at[0] - from[0], at[1] - from[1]) > 0.4)
        d += `${d ? "L" : "M"}${at[0].toFixed(1)} ${at[1].toFixed(1)}`, from = at;
      ends.push(d.length);
    }
    return { places, ends, d };
  }

  const runs_with_paths = () => view.runs.filter((run) => run.path?.length);
  const start_of = () => view.state.start ?? runs_with_paths()[0]?.path[0] ?? [0, 0];
  function draw_paths() {
    const { box, goal } = view.surface, runs = runs_with_paths(), start = start_of(), tracks = [];
    const place = ([w, b]) => `w ${number(w)}, b ${number(b)}`, says = (run) =>
      `${run.label} ${inside(box, run.path.at(-1)) ? `ends at ${place(run.path.at(-1))}` : "leaves the map"}`;
    const axes = Plot.picture(figure, { name: "Paths of w and b over lines of equal loss", x: box.slice(0, 2),
      y: box.slice(2), caption: "paths of w and b; drag the ring to start there",
      says: `From ${place(start)}; the loss is least at ${place(goal)}. ${predicting() ? "" : runs.map(says).join("; ")}`,
      content: (a) => {
        // Later paths are thinner, so that each shows where they lie on each other.
        const ways = runs.map((run, k) => {
          tracks.push(track(a, run.path.slice(0, (run.diverged_at ?? Infinity) + 1)));
          return `<g stroke="${run.color}" stroke-width="${2 + 1.3 * (runs.length - 1 - k)}"><path class="run ahead" d="${
            tracks[k].d}"/><path class="run way" stroke-dasharray="${run.dash}"/></g>`;
        });
        const heads = runs.map((run) => `<circle class="dot" r="5" fill="${run.color}"/><path class="arrow" fill="${
          run.color}" d="M-11 -7L3 0L-11 7Z"/>`);
        const at = `transform="translate(${a.X(start[0]).toFixed(1)} ${a.Y(start[1]).toFixed(1)})"`;
        return `<path class="iso" d="${level_lines(a, view.surface, view.surface.lines)}"/>
<text x="${a.right - 4}" y="${a.bottom - 5}" text-anchor="end">w</text><text x="${a.left + 6}" y="${a.top + 0.8 * a.rem}">b</text>
<g class="result"><g clip-path="url(#map-clip)">${ways.join("")}</g>${heads.join("")}</g>
<path class="goal" d="M${a.X(goal[0]) - 9} ${a.Y(goal[1])}h18m-9 -9v18"/><g class="ring" ${at} tabindex="0" role="slider"
 aria-label="start of the paths, moved by arrow keys" aria-valuenow="${start[0]}" aria-valuetext="${place(start)}">
<circle class="grip" r="22"/><circle r="9"/></g>`;
      } });
    drawn = { axes, tracks };
  }

  /** Where a path that is outside after n updates left the picture, as a transformation of its arrow. */
  function exit(places, n, box) {
    const from = Math.max(0, places.findLastIndex((at, i) => i < n && inside(box, at))), [x, y] = places[from];
    const [dx, dy] = [places[from + 1][0] - x, places[from + 1][1] - y];
    const part = Math.min((box[dx > 0 ? 1 : 0] - x) / dx || Infinity, (box[dy > 0 ? 3 : 2] - y) / dy || Infinity);
    return `translate(${x + part * dx} ${y + part * dy}) rotate(${(Math.atan2(dy, dx) * 180) / Math.PI})`;
  }
  function move_paths(t) {
    const { svg, left, right, top, bottom } = drawn.axes, box = [left - 0.5, right + 0.5, top - 0.5, bottom + 0.5];
    const [ways, dots, arrows] = [".way", ".dot", ".arrow"].map((name) => svg.querySelectorAll(name));
    drawn.tracks.forEach(({ places, ends, d }, k) => {
      const n = Math.min(t, places.length - 1), out = n > 0 && !inside(box, places[n]);
      ways[k].setAttribute("d", d.slice(0, ends[n]));
      dots[k].setAttribute("visibility", out ? "hidden" : "inherit");
      arrows[k].setAttribute("visibility", out ? "inherit" : "hidden");
      if (out) arrows[k].setAttribute("transform", exit(places, n, box));
      else dots[k].setAttribute("transform", `translate(${places[n]})`);
    });
  }

  const colors = ["var(--c2)", "var(--c3)", "var(--c0)", "var(--c1)"];
  const shapes = ["m-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0", "m-3 -3h6v6h-6z", "m0 -4l4 7h-8z", "m-4 0l4 -4l4 4l-4 4z"];
  /** The answer's plane in strips of one class and strength, five of each. */
  function strips({ columns, rows, values, labels }, a) {
    const many = Math.max(...labels) > 1, dx = (a.right - a.left) / (columns - 1), dy = (a.bottom - a.top) / (rows - 1);
    const strength = (v) => many ? 5 * Math.round(v) + 3 : (v > 0.5 ? 5 : 0) + Math.min(4, Math.floor(10 * Math.abs(v - 0.5)));
    const paths = {};
    for (let k = 0, from = 0; k < values.length; ++k) {
      const s = strength(values[k]);
      if ((k + 1) % columns && strength(values[k + 1]) === s) continue;
      const x = a.left + (from % columns - 0.5) * dx, y = a.bottom - Math.floor(k / columns) * dy;
      (paths[s] ??= []).push(`M${x.toFixed(1)} ${y.toFixed(1)}h${((k + 1 - from) * dx).toFixed(1)}`);
      from = k + 1;
    }
    const border = many ? [] : Plot.isolines({ columns, rows, heights: values }, 0.5);
    return Object.entries(paths).map(([s, parts]) => `<path class="strip" stroke="${colors[Math.floor(+s / 5) % 4]}"
 stroke-width="${dy}" stroke-opacity="${0.06 + 0.1 * (+s % 5)}" d="${parts.join("")}"/>`).join("")
      + `<path class="border" d="${level_lines(a, said, border)}"/>`;
  }
  function draw_plane() {
    const { box, points, labels } = said, names = view.runs.filter((run) => run.rates).map((run) =>
      `<option value="${run.i}"${run.i === chosen ? " selected" : ""}>${run.i + 1}: ${escape(run.label)}</option>`);
    const axes = Plot.picture(figure, { name: "What the network says about the plane", x: box.slice(0, 2),
      y: box.slice(2), caption: `network of <select aria-label="schedule of the network">${names.join("")}</select>`,
      says: `The data, and the classes that the network trained with ${view.runs[chosen]?.label} gives to the plane`,
      content: (a) => `<g class="result plane" clip-path="url(#map-clip)">${strips(said, a)}</g>${colors.map((color, c) =>
        `<path class="data" fill="${color}" d="${points.map(([x, y], k) => labels[k] % 4 !== c ? ""
          : `M${a.X(x).toFixed(1)} ${a.Y(y).toFixed(1)}${shapes[c]}`).join("")}"/>`).join("")}` });
    drawn = { axes, data: JSON.stringify(points) };
  }
  /** Asks in the worker what the chosen network says after t updates; a newer question drops one that waits. */
  async function ask_plane(t) {
    if (!view.runs[chosen]?.rates) chosen = view.runs.findIndex((run) => run.rates);
    if (!view.runs[chosen]) return void (chosen = 0);
    const answer = await engine.later("map", { ask: "map", options: options(view.state), steps: view.state.steps,
      expression: view.runs[chosen].text, updates: Math.min(t, view.state.steps) });
    if (!answer || view.surface) return;
    if (answer.error) return figure.replaceChildren(Object.assign(document.createElement("figcaption"), { textContent: answer.error }));
    said = answer;
    const plane = figure.querySelector(".plane");
    if (plane && drawn?.data === JSON.stringify(said.points)) plane.innerHTML = strips(said, drawn.axes);
    else draw_plane();
  }

  function draw() {
    const focused = document.activeElement?.matches("#map .ring");
    if (view.surface) draw_paths();
    else if (said) draw_plane();
    cursor(view, view.t);
    if (focused) figure.querySelector(".ring")?.focus();
  }
  const cursor = (_, t) => view.surface ? move_paths(t) : ask_plane(t);

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
    event.preventDefault();
    const [x0, x1, y0, y1] = view.surface.box, [w, b] = start_of(), part = event.shiftKey ? 0.1 : 0.02;
    move([w + by[0] * part * (x1 - x0), b + by[1] * part * (y1 - y0)]);
  };
  figure.onchange = (event) => { chosen = +event.target.value, drawn = null; ask_plane(view.t); };
  panels.push({ draw, cursor });
  return { surface };
})();
