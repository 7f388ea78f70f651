"use strict";
/** The schedules: a card each, with its text, a slider for each number in it, and which way the number pulls. */
(() => {
  const most = 4, most_sliders = 8, rest_ms = 30, /** @type {any[]} */ cards = [];
  const make = (className, innerHTML) => Object.assign(document.createElement("div"), { className, innerHTML });
  const print = (row, v) => String(row.whole ? Math.round(v) : +v.toPrecision(3));
  const replaced = (text, { from, length }, by) => text.slice(0, from) + by + text.slice(from + length);
  const above_least = (loss, run) => loss - (run.least_loss ?? 0);
  const words = (path) => ({ value: "rate", first: "first number", second: "second number" })[path] ??
    path.replace(/\w+\.(?=\w)/g, "").replace(/\[(\d+)\]/, (_, n) => ` ${+n + 1}`).replaceAll("_", " ");

  /** What the slider reaches around a value: whole numbers, a share of one, from 0 on, or a logarithmic scale. */
  function set_range(row, v, rates) {
    const share = v < 1 && /momentum|beta_|rho|alpha|pct|decay_rate|decay$|_mul/.test(row.number.number);
    const [low, high] = row.whole ? [Math.min(1, v), Math.max(10, 2 * v)] : share ? [0, 0.99]
      : v > 0 ? [v / 8, v * 8] : [0, Math.max(...rates) || 1];
    const log = low > 0 && !row.whole, log_width = Math.log(high / low);
    row.value_at = (place) => log ? low * Math.exp(log_width * place) : low + (high - low) * place;
    row.place_of = (value) => log ? Math.log(value / low) / log_width : (value - low) / (high - low);
    row.slider.step = row.whole ? 1 / (high - low) : 0.005;
  }
  function make_row(card, k) {
    const id = `${card.i}-${k}`, row = make("number", `<label for="s${id}"></label>
      <output aria-hidden="true"></output><div class="track"><svg class="result" viewBox="0 0 100 30"
      preserveAspectRatio="none" aria-hidden="true"></svg><input type="range" min="0" max="1" id="s${id}"
      aria-describedby="p${id}"></div><div class="pull result" id="p${id}"></div>`);
    const [name, output, { children: [curve, slider] }, pull] = /** @type {any} */ (row.children);
    slider.oninput = () => {
      const by = print(row, row.value_at(+slider.value)), text = replaced(card.text, row.number, by);
      row.number.length = by.length;
      Object.assign(card, { text, moved: row });
      change((s) => { s.schedules[card.i] = text; });
    };
    slider.onchange = () => {  // at an end the range goes on
      if (+slider.value > 0 && +slider.value < 1) return;
      card.moved = null;
      draw(view);
    };
    return Object.assign(row, { name, output, curve, slider, pull });
  }
  function make_card(i) {
    const card = make("card", `<div class="top"><svg class="swatch" viewBox="0 0 28 6" aria-hidden="true">
      <path d="M0 3H28"/></svg><input type="text" spellcheck="false" autocomplete="off" autocapitalize="off"
      aria-label="Schedule ${i + 1}" aria-describedby="error${i} note${i}"><button title="Remove"
      aria-label="Remove schedule ${i + 1}">×</button></div><div class="mark" aria-hidden="true"><span>▲</span></div>
      <p class="error" role="alert" id="error${i}"></p><div class="numbers"></div><p class="note" id="note${i}"></p>`);
    const [{ children: [{ firstElementChild: line }, field, drop] }, mark, error, numbers, note] = /** @type {any} */ (card.children);
    card.style.setProperty("--color", `var(--c${i})`);
    field.oninput = () => change((s) => { s.schedules[i] = field.value; });
    field.onscroll = () => { mark.firstChild.style.translate = -field.scrollLeft + "px"; };
    drop.onclick = () => {
      change((s) => { s.schedules.splice(i, 1); });
      (cards[i] ?? cards[i - 1]).field.focus();
    };
    list.append(card);
    return Object.assign(card, { i, line, field, drop, mark, error, numbers, note, rows: [] });
  }
  function show(card, s, run) {
    const text = s.schedules[card.i], question = { options: options(s), steps: s.steps, expression: text };
    const read = engine.ask({ ask: "read", ...question }), wrong = Boolean(read.error);
    const own = wrong && read.error != $("problem").textContent;  // else it stands above
    const error = own ? read.error.replace(/^"[^]*?": (?=\S)/, "").replace(/^column \d+: /, "") : "";
    if (card.text != text) Object.assign(card, { text, moved: null });
    if (card.field.value != text) card.field.value = text;
    if (card.error.textContent != error) card.error.textContent = error;
    card.field.ariaInvalid = String(own);
    card.classList.toggle("wrong", wrong);
    card.mark.hidden = !read.column;
    card.mark.style.setProperty("--column", read.column - 1);
    card.line.setAttribute("stroke-dasharray", run.dash ?? "");
    card.note.textContent = read.notes?.join(" ") ?? "";
    for (const row of card.rows) row.slider.disabled = wrong && row != card.moved;
    if (!wrong) show_numbers(card, read, question, run, s.layers == "none");
  }
  function show_numbers(card, read, question, run, quick) {
    const numbers = read.numbers.slice(0, most_sliders), names = numbers.map((n) => n.number).join();
    if (card.names != names) card.rows = numbers.map((_, k) => make_row(card, k));
    if (card.names != names) card.numbers.replaceChildren(...card.rows);
    card.names = names;
    const last = quick ? 20 : 8, places = Array.from({ length: last + 1 }, (_, n) => n / last);
    ask_later(card, "pull" + card.i, { ask: "sensitivity", ...question, seeds: quick ? 20 : 3 },
      card.rows.map((row) => row.pull), (answer, k) => pull_of(card.rows[k], answer, run));
    card.rows.forEach((row, k) => {
      show_number(row, numbers[k], read.rates, !card.moved);
      const texts = places.map((place) => replaced(card.text, row.number, print(row, row.value_at(place))));
      const finals = { ask: "finals", ...question, expression: undefined, expressions: texts, seeds: quick ? 10 : 2 };
      ask_later(row, `finals${card.i}-${k}`, finals, [row.curve], (answer) => curve_of(places, answer.losses ?? [], run));
    });
  }
  function show_number(row, number, rates, typed) {
    const { written } = number, whole = number.counts_steps && written % 1 == 0 && number.value == written;
    const new_range = typed || row.whole != whole;
    Object.assign(row, { number: { ...number }, whole });
    if (new_range || Math.abs(row.place_of(written) - 0.5) > 0.5 + 1e-9) set_range(row, written, rates);
    row.slider.value = row.place_of(written);
    row.name.textContent = words(number.number);
    row.output.textContent = row.slider.ariaValueText = print(row, written);
  }
  /** Asks once the texts have rested, and fills the parts. They are grey until the answer is there. */
  function ask_later(to, key, question, parts, html) {
    const asked = JSON.stringify(question);
    if (to.asked == asked) return;
    to.asked = asked;
    for (const part of parts) part.classList.add("waiting");
    clearTimeout(to.timer);
    to.timer = setTimeout(async () => {
      const answer = await engine.later(key, question);
      if (answer && to.asked == asked) parts.forEach((part, k) => {
        part.innerHTML = html(answer, k);
        part.classList.remove("waiting");
      });
    }, rest_ms);
  }
  /** An arrow and words: what a little more of the number does to the loss, above the least if it is known. */
  function pull_of({ number, whole }, { error = "", numbers = [], losses = [] }, run) {
    const say = (what, why, arrow = "") => `<b>${arrow}${what}</b><span>${why}</span>`;
    const pull = numbers.find((n) => n.number == number.number), loss = losses.reduce((a, b) => a + b / losses.length, 0);
    const above = above_least(loss, run);
    if (run.diverged || error.includes("diverged")) return say("diverges", "no slope here");
    if (!pull || pull.why_not || number.slope == null)
      return say("no slope", pull?.why_not == "staircase" ? "it moves a jump" : "see the curve");
    if (above <= 1e-12 * loss) return say("at the least", "all else is rounding");
    if (pull.chance) return say("chance", "seeds pull both ways");
    const [more, unit] = whole ? [1, "1 update"] : number.written == 0 ? [0.001, "0.001"] : [number.written / 100, "1%"];
    const percent = 100 * more * number.slope * pull.derivative / above, size = Math.abs(percent), up = percent < 0;
    if (size < 0.02) return say("no pull", `+${unit}: loss ±0%`);
    const long = 8 + 20 * Math.min(1, Math.log10(size / 0.02) / 3);
    const arrow = up ? `M0 5H${long}l-5-4m5 4l-5 4` : `M30 5H${30 - long}l5-4m-5 4l5 4`;
    return say(up ? "raise" : "lower", `+${unit}: loss ${up ? "−" : "+"}${+size.toPrecision(2)}%`,
      `<svg viewBox="0 0 30 10" aria-hidden="true"><path d="${arrow}"/></svg>`);
  }
  /** The final loss at every place of the slider; a red edge where the run diverges. */
  function curve_of(places, losses, run) {
    const heights = losses.map((l) => l == null ? NaN : Math.log(Math.max(above_least(l, run), 1e-14)));
    const seen = heights.filter(isFinite), low = Math.min(...seen), high = Math.max(...seen, low + 0.1);
    const half = 50 / places.length, bad = places.filter((_, k) => isNaN(heights[k]));
    return `<path d="${Plot.line(heights.map((v, k) => [100 * places[k], 28 - 25 * (v - low) / (high - low)]))}"/>
      <path class="bad" d="${bad.map((place) => `M${100 * place - half} 1h${2 * half}`).join("")}"/>`;
  }
  function draw({ state, runs }) {
    while (cards.length > state.schedules.length) cards.pop().remove();
    while (cards.length < state.schedules.length) cards.push(make_card(cards.length));
    for (const card of cards) show(card, state, runs[card.i] ?? {});
    for (const card of cards) card.drop.disabled = cards.length == 1;
    add.disabled = cards.length == most;
  }
  const list = make("", ""), add = Object.assign(document.createElement("button"), { textContent: "+ Schedule" });
  add.onclick = () => {
    const rate = +Math.max(0, ...view.runs[0]?.rates ?? []).toPrecision(2) || 0.1, text = `CosineDecay(${rate}, all)`;
    change((s) => { s.schedules.push(s.schedules.includes(text) ? s.schedules.at(-1) : text); });
    cards.at(-1).field.focus();
  };
  $("cards").append(list, add);
  panels.push({ draw });
})();
