/** The map: paths over lines of equal loss, or what a network predicts over the plane of its two inputs. */
const Landscape = (() => {
  const { escape, number, text, path, line } = Plot, figure = $("map"), [words, svg] = figure.children;
  /** The last surface, picture of paths, and answer about the plane. @type {any} */
  let kept, drawn, said, chosen = 0, frame = 0, asked = 0, answered = 0;
  const inside = ([x0, x1, y0, y1], [x, y]) => x > x0 && x < x1 && y > y0 && y < y1;
  const runs_with_paths = () => view.runs.filter((run) => run.path?.length);
  const start_of = () => view.state.start ?? runs_with_paths()[0]?.path[0] ?? [0, 0];
  /** The loss around the start, or null without two weights. A start that moves within it keeps its box. */
  function surface(state) {
    const { data, layers, loss, seed, start } = state, key = [data, layers, loss, seed].join();
    if (kept?.key === key && start && inside(kept.box, start)) return kept;
    const answer = layers === "none" ? engine.ask(question(state, "surface")) : {};
    if (!answer.levels) return null;
    const lines = () => answer.levels.flatMap((level) => Plot.isolines(answer, level));
    return kept = { ...answer, answer, key, lines: kept?.answer === answer ? kept.lines : lines() };
  }
  function contours({ left, right, top, bottom }, { columns, rows }, lines) {
    const dx = (right - left) / (columns - 1), dy = (bottom - top) / (rows - 1);
    const place = ([i, j]) => [left + i * dx, bottom - j * dy];
    return path("iso", lines.map((one) => line(one.map(place))).join(""));
  }
  function draw_paths() {
    const { box, goal, lines } = view.surface, runs = runs_with_paths(), start = start_of();
    const print = ([w, b]) => `w ${number(w)}, b ${number(b)}`;
    const width = (k) => 2 + 1.3 * (runs.length - 1 - k);  // later paths are thinner: each shows
    const way = (run, k) => `<g stroke="${run.color}" stroke-width="${width(k)}">${path("run ahead", "")}${
      path("run way", "", `stroke-dasharray="${run.dash}"`)}</g>`;
    const ring = (a) => `<g class="ring" tabindex="0" role="slider" aria-valuenow="${start[0]}"
      aria-label="start of the paths, moved by arrow keys" aria-valuetext="${print(start)}"
      transform="translate(${a.X(start[0])} ${a.Y(start[1])})">
      <circle class="grip" r="22"/><circle r="9"/></g>`;
    const content = (a) => `${contours(a, view.surface, lines)}${text(a.right - 10, a.bottom - 5, "w")}
      ${text(a.left + 6, a.top + 0.8 * a.rem, "b")}<g class="result">
      <g clip-path="url(#map-clip)">${runs.map(way).join("")}</g>
      ${runs.map((run) => path("dot", "", `fill="${run.color}"`)).join("")}</g>
      ${path("goal", `M${a.X(goal[0]) - 9} ${a.Y(goal[1])}h18m-9 -9v18`)}${ring(a)}`;
    const axes = Plot.picture(figure, { name: "Paths of w and b over lines of equal loss", x: box.slice(0, 2),
      y: box.slice(2), caption: "paths of w and b; drag the ring to start there", content,
      says: `From ${print(start)}; the least loss is at ${print(goal)}` });
    drawn = { axes, tracks: runs.map((run) => {
      const out = run.diverged_at == null ? -1 : run.path.findIndex((at) => !inside(box, at));  // wanders on
      return run.path.slice(0, out < 0 ? Infinity : out + 1).map(([w, b]) => [axes.X(w), axes.Y(b)]);
    }) };
    svg.querySelectorAll(".ahead").forEach((one, k) => one.setAttribute("d", line(drawn.tracks[k])));
  }
  /** Draws the paths up to now. One that is outside ends in an arrow where it left. */
  function move_paths(t) {
    const { left, right, top, bottom } = drawn.axes, box = [left - 0.5, right + 0.5, top - 0.5, bottom + 0.5];
    const [ways, heads] = [".way", ".dot"].map((name) => svg.querySelectorAll(name));
    drawn.tracks.forEach((places, k) => {
      const n = Math.min(t, places.length - 1), past = places.slice(0, n + 1);
      const from = past.findLastIndex((at) => inside(box, at)), [x, y] = past[Math.max(0, from)];
      const [x1, y1] = past[Math.min(n, from + 1)], [dx, dy] = [x1 - x, y1 - y];
      const reach = (low, high, v, d) => ((d > 0 ? high : low) - v) / d || 9;
      const part = from === n ? 0 : Math.min(reach(left, right, x, dx), reach(top, bottom, y, dy));
      const turn = Math.atan2(dy, dx) * 180 / Math.PI;
      ways[k].setAttribute("d", line(past));
      heads[k].setAttribute("d", from < n ? "M-11 -7L3 0L-11 7Z" : "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0");
      heads[k].setAttribute("transform", `translate(${x + part * dx} ${y + part * dy}) rotate(${turn})`);
    });
  }
  const colors = ["--c2", "--c3", "--c0", "--c1"];
  const shapes = ["m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0", "m-3-3h6v6h-6z", "m0-4l4 7h-8z", "m-4 0l4-4 4 4-4 4z"];
  /** What the network predicts, as an image of a pixel for each value, and the border of two classes. */
  function plane(a, { columns, rows, values, labels }) {
    const canvas = Object.assign(document.createElement("canvas"), { width: columns, height: rows });
    const pen = canvas.getContext("2d"), style = getComputedStyle(figure), many = Math.max(...labels) > 1;
    values.forEach((v, k) => {
      pen.fillStyle = style.getPropertyValue(colors[many ? Math.round(v) % 4 : +(v > 0.5)]);
      pen.globalAlpha = many ? 0.4 : Math.min(0.5, Math.abs(v - 0.5)) + 0.03;
      pen.fillRect(k % columns, rows - 1 - Math.floor(k / columns), 1, 1);
    });
    const [dx, dy] = [(a.right - a.left) / (columns - 1), (a.bottom - a.top) / (rows - 1)];
    const border = () => contours(a, said, Plot.isolines({ columns, rows, heights: values }, 0.5));
    return `<image href="${canvas.toDataURL()}" preserveAspectRatio="none" x="${a.left - dx / 2}"
      y="${a.top - dy / 2}" width="${dx * columns}" height="${dy * rows}"/>${many ? "" : border()}`;
  }
  function draw_plane() {
    const { box, points, labels } = said, trained = view.runs.filter((run) => run.rates && run.text);
    const names = trained.map(({ i, text }) => `<option value="${i}">${i + 1}: ${escape(text)}</option>`);
    const data = (a, color, c) => path("data", points.map(([x, y], k) => labels[k] % 4 !== c ? ""
      : `M${a.X(x).toFixed(1)} ${a.Y(y).toFixed(1)}${shapes[c]}`).join(""), `fill="var(${color})"`);
    const name = "What the network predicts over the plane", x = box.slice(0, 2), y = box.slice(2);
    const caption = `predicted by <select aria-label="schedule of the network">${names.join("")}</select>`;
    const says = `The data, and the classes that the network of ${view.runs[chosen].text} gives to the plane`;
    Plot.picture(figure, { name, caption, says, x, y, content: (a) => `<g class="result plane"
      clip-path="url(#map-clip)">${plane(a, said)}</g>${colors.map((one, c) => data(a, one, c)).join("")}` });
    figure.querySelector("select").value = chosen;
  }
  /** Asks the worker what the chosen network predicts after t updates. An older answer may come late. */
  async function ask_plane(t) {
    if (!view.runs[chosen]?.rates) chosen = Math.max(0, view.runs.findIndex((run) => run.rates));
    const expression = view.runs[chosen]?.text, updates = Math.min(t, view.state.steps), mine = ++asked;
    const asks = question(view.state, "map", { expression, updates });
    const answer = expression && await engine.later("map", asks);
    if (!answer || view.surface || mine < answered) return;
    answered = mine, said = answer.error ? null : answer;
    if (said) draw_plane(); else words.textContent = words.said = answer.error, svg.replaceChildren();
  }
  const cursor = (_, t) => view.surface ? move_paths(t) : void ask_plane(t);
  function draw_map() {
    const focused = document.activeElement?.matches("#map .ring");
    if (view.surface) draw_paths(); else if (said && view.runs[chosen]?.rates) draw_plane();
    cursor(view, view.t), focused && figure.querySelector(".ring")?.focus();
  }
  const move = (start) => change((state) => { state.start = start.map((v) => +v.toFixed(3)); });
  Object.assign(figure, {
    onpointerdown: (event) => event.target.closest(".ring") && svg.setPointerCapture(event.pointerId),
    ontouchstart: (event) => event.target.closest(".ring") && event.preventDefault(),  // no scrolling
    onpointermove: ({ pointerId, clientX, clientY }) => {
      if (!svg.hasPointerCapture(pointerId) || !view.surface) return;
      const { x, y } = svg.getBoundingClientRect(), { at, left, right, top, bottom } = drawn.axes;
      const within = (v, low, high) => Math.max(low + 1, Math.min(high - 1, v));  // so the map stays
      const place = at(within(clientX - x, left, right), within(clientY - y, top, bottom));
      cancelAnimationFrame(frame), frame = requestAnimationFrame(() => move(place));
    },
    onkeydown: (event) => {
      const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (!by || !event.target.matches(".ring") || !view.surface) return;
      const [x0, x1, y0, y1] = view.surface.box, [w, b] = start_of();
      event.preventDefault(), move([w + by[0] * (x1 - x0) / 50, b + by[1] * (y1 - y0) / 50]);
    },
    onchange: (event) => { chosen = +event.target.value, ask_plane(view.t); },
  });
  panels.push({ draw: draw_map, cursor });
  return { surface };
})();
