// The menu of #share: copies link, command and C++, saves CSV, JSON and SVG, replays logs of gradus train.
const Share = (() => {
  const logs = [];  // their runs, drawn as those of cards are
  const [list, file, said, dialog, field] = $("tools").querySelectorAll("ul,input,output,dialog,textarea");
  const make = (tag, properties) => Object.assign(document.createElement(tag), properties);
  const say = (sentence) => { $("share").open = true, said.textContent = sentence; };
  const copy = (text, what) => (navigator.clipboard?.writeText(text) ?? Promise.reject())
    .then(() => say(`Copied ${what}.`), () => { field.value = text, dialog.showModal(), field.select(); });
  const save = (download, text) => (say(`Saved ${download}.`),
    make("a", { download, href: "data:text/plain;charset=utf-8," + encodeURIComponent(text) }).click());
  const good = () => view.runs.filter((run) => !run.error);
  const expressions = () => good().filter((run) => !run.log).map((run) => run.text);
  const ask = (kind, more, use, answer = engine.ask(question(view.state, kind, more))) =>
    answer.error ? say(answer.error) : use(answer);
  /** `use` gets what `gradus compare --json` prints, if nothing is wrong. */
  const compare = (use) => ask("compare", { expressions: [...new Set(expressions())] }, use);
  const shell_word = (t) => /^[-\w=+:,./@%]+$/.test(t) ? t : `'${t.replaceAll("'", "'\\''")}'`;
  const cell = (t) => /[",\n\r]/.test(t) ? `"${t.replaceAll('"', '""')}"` : t;
  const csv_of = ({ label, measured, rates, losses }) =>  // as `gradus compare --csv`
    measured.map((t, i) => [cell(label), t, rates[t], losses[i]].join() + "\n").join("");
  const looks = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray",
    "visibility", "font-size", "font-family", "paint-order"];
  /** The picture of a panel with the page's styles, below its caption and the names of the runs. */
  function svg_of({ children: [caption, svg] }) {
    const { width, height } = svg.viewBox.baseVal, top = 20 * good().length + 26;
    const put = (x, y, t) => Plot.text(x, y - top, Plot.escape(t));
    const sample = (run, i) => Plot.path("run", `M8 ${20 * i - top + 36}h28`, Plot.stroke(run));
    const rows = good().map((run, i) => sample(run, i) + put(44, 20 * i + 40, run.label));
    svg.insertAdjacentHTML("beforeend", `<g>${put(8, 18, caption.textContent)}${rows.join("")}</g>`);
    const copy = svg.cloneNode(true), from = svg.querySelectorAll("*");
    copy.querySelectorAll("*").forEach((to, i, _, style = getComputedStyle(from[i])) =>
      looks.forEach((look) => to.style.setProperty(look, style.getPropertyValue(look))));
    svg.lastChild.remove();
    const frame = { viewBox: [0, -top, width, height + top], width, height: height + top };
    for (const [key, value] of Object.entries(frame)) copy.setAttribute(key, value);
    copy.style.background = getComputedStyle(document.body).getPropertyValue("--paper");
    return new XMLSerializer().serializeToString(copy);
  }
  /** Reads the runs of a log; an incomplete last line is left out. @throws {Error} that names the line */
  function read_log(name, text) {
    const runs = [], lines = text.trimEnd().split("\n");
    let schedule = "", run = null;
    for (const [i, t] of lines.entries()) {
      const check = (right, rule) => { if (!right) throw Error(`${name}:${i + 1}: ${rule}`); };
      let line = null;
      try { line = JSON.parse(t.trim() || '{"epoch":0}'); } catch { if (i && i == lines.length - 1) break; }
      check((line?.gradus ?? line?.step ?? line?.epoch) != null, 'must be JSON with a "step" or an "epoch"');
      if (line.gradus && !line.resumed_at) schedule = line.schedule ?? "", run = null;
      const { step, learning_rate: rate = null, batch_loss: loss = line.loss ?? null } = line;
      if (step === undefined) continue;
      check(Number.isInteger(step) && step > 0 && step < 1e5, '"step" must be a whole number below 100000');
      check([rate, loss].every((v) => +v === (v ?? 0)), "learning_rate and batch_loss must be numbers");
      const label = `${name} ${runs.length + 1} ${schedule.replace(/\w+=/g, "")}`.trim();
      if (!run || step <= run.steps) runs.push(run = { label, log: true, color: "var(--ink)", dash: "1 4",
        measured: [], rates: Array(step - 1).fill(rate), losses: [], diverged: 0 });
      run.measured.push(step - 1), run.losses.push(loss);  // a batch is measured before its update
      run.rates[step - 1] = rate, run.steps = step;
    }
    if (!runs.length) throw Error(`${name}: must have a line for each update`);
    return runs;
  }
  const replay = (files) => Promise.all([...files].map(async (one) => read_log(one.name, await one.text())))
    .then((found) => change(() => {
      logs.push(...found.flat()), say(`Replaying ${found.flat().map((run) => run.label).join("; ")}.`);
    })).catch((error) => say(error.message));
  for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => {
    const { types, files } = event.dataTransfer;
    if (types.includes("Files")) event.preventDefault(), files.length && replay(files);
  });
  file.onchange = () => { replay(file.files), file.value = ""; };
  $("share").ontoggle = () => {
    const item = (textContent, onclick) =>
      list.appendChild(make("li")).append(make("button", { type: "button", textContent, onclick }));
    list.replaceChildren();
    item("Copy link", () => copy(location.href.split("#")[0] + Address.write(view.state), "the link"));
    const command = (words) => copy(words.map(shell_word).join(" "), "the command");
    item("Copy gradus command", () => compare((all) => command(["gradus", ...all.command])));
    for (const expression of expressions()) item(`Copy C++ of ${expression}`, () =>
      ask("program", { expression }, ({ code }) => copy(code, "the C++ of " + expression)));
    const head = "schedule,step,learning_rate,loss\n";
    item("Save curves as CSV", () => save("gradus.csv", head + good().map(csv_of).join("")));
    item("Save results as JSON", () => compare((all) => save("gradus.json", JSON.stringify(all) + "\n")));
    for (const name of ["rate", "loss", "map"])
      item(`Save ${name} as SVG`, () => save(`gradus-${name}.svg`, svg_of($(name))));
    if (logs.length) item("Remove logs", () => change(() => { logs.length = 0, $("share").open = false; }));
  };
  return { logs, read_log };
})();
