"use strict";
// The schedules: a card each, with its text, a slider for each number in it, and which way the number pulls.
(() => {
  const most_cards = 4, most_sliders = 8, rest_ms = 30, /** @type {any[]} */ cards = [];
  const make = (className, innerHTML) => Object.assign(document.createElement("div"), { className, innerHTML });
  const words = (path) => ({ value: "rate", first: "first number", second: "second number" })[path] ??
    path.replace(/\w+\.(?=\w)/g, "").replace(/\[(\d+)\]/, (_, n) => ` ${+n + 1}`).replaceAll("_", " ");
  const above_least = (loss, run) => loss - (run.least_loss ?? 0);

  /** What a slider reaches around a value: whole numbers, a share of 1, from 0 on, or a logarithmic scale. */
  function range_around(v, path, whole, rates) {
    const share = v < 1 && /momentum|beta_|rho|alpha|pct|decay_rate|decay$|_mul/.test(path);
    const [low, high] = whole ? [Math.min(1, v), Math.max(10, 2 * v)] : share ? [0, 0.99]
      : v > 0 ? [v / 8, v * 8] : [0, Math.max(...rates) || 1];
    const log = low > 0 && !whole, width = log ? Math.log(high / low) : high - low;
    return { step: whole ? 1 / width : 0.005,
      value_at: (place) => log ? low * Math.exp(width * place) : low + width * place,
      place_of: (value) => (log ? Math.log(value / low) : value - low) / width };
  }
  function make_row(card, k) {
    const id = `${card.i}-${k}`, row = make("number", `<label for="s${id}"></label>
      <output aria-hidden="true"></output><div class="track"><svg class="result" viewBox="0 0 100 30"
      preserveAspectRatio="none" aria-hidden="true"></svg><input type="range" min="0" max="1" id="s${id}"
      aria-describedby="p${id}"></div><div class="pull result" id="p${id}">…</div>`);
    const [name, output, { children: [curve, slider] }, pull] = row.children;
    const print = (v) => String(row.whole ? Math.round(v) : +v.toPrecision(3));
    /** The text of the card with the slider at this place, between 0 and 1. */
    const text_at = (place) => {
      const { from, length } = row.number, by = print(row.range.value_at(place));
      return card.text.slice(0, from) + by + card.text.slice(from + length);
    };
    /** Shows the number. The range stays while its slider moves. */
    const show = (number, rates, keep_range) => {
      const v = number.written, whole = number.counts_steps && v % 1 == 0 && number.value == v;
      const fits = row.whole == whole && Math.abs(row.range.place_of(v) - 0.5) < 0.5 + 1e-9;
      Object.assign(row, { number, whole });
      if (!fits || !keep_range) row.range = range_around(v, number.number, whole, rates);
      Object.assign(slider, { step: row.range.step, value: row.range.place_of(v) });
      output.textContent = slider.ariaValueText = print(v);
      name.textContent = words(number.number);
    };
    slider.oninput = () => {
      const text = text_at(+slider.value), length = row.number.length + text.length - card.text.length;
      row.number = { ...row.number, length };
      output.textContent = slider.ariaValueText = print(row.range.value_at(+slider.value));
      Object.assign(card, { text, moved: row });
      change((s) => { s.schedules[card.i] = text; });
    };
    slider.onchange = () => {  // at an end the range goes on
      if (+slider.value == 0 || +slider.value == 1) Object.assign(card, { moved: null }).show();
    };
    return Object.assign(row, { slider, curve, pull, show, text_at });
  }
  function make_card(i) {
    const card = make("card", `<div class="top"><svg class="swatch" viewBox="0 0 28 6" aria-hidden="true">
      <path d="M0 3H28"/></svg><input type="text" spellcheck="false" aria-label="Schedule ${i + 1}"
      aria-describedby="e${i} n${i}"><button aria-label="Remove schedule ${i + 1}">×</button></div>
      <div class="mark" aria-hidden="true"><span>▲</span></div><p class="error" role="alert" id="e${i}"></p>
      <div class="numbers"></div><p class="note" id="n${i}"></p>`);
    const [{ children: [swatch, field, drop] }, mark, error, numbers, note] = card.children;
    const show = () => {
      const { state, runs: { [i]: run = {} } } = view, text = state.schedules[i];
      const question = { options: options(state), steps: state.steps, expression: text };
      const read = engine.ask({ ask: "read", ...question }), wrong = read.error ?? "";
      const own = wrong != $("problem").textContent ? wrong : "";  // else it stands above
      const sentence = own.replace(/^"[^]*?": (?=\S)/, "").replace(/^column \d+: /, "");
      if (card.text != text) Object.assign(card, { text, moved: null });
      if (field.value != text) field.value = text;
      if (error.textContent != sentence) error.textContent = sentence;
      field.ariaInvalid = String(own != "");
      card.classList.toggle("wrong", wrong != "");
      mark.hidden = !read.column;
      mark.style.setProperty("--column", read.column - 1);
      swatch.firstElementChild.setAttribute("stroke-dasharray", run.dash ?? "");
      note.textContent = note.title = read.notes?.join(" ") ?? "";
      drop.disabled = cards.length == 1;
      for (const row of card.rows) row.slider.disabled = wrong && row != card.moved;
      if (!wrong) show_numbers(card, numbers, read, question, run);
    };
    card.style.setProperty("--color", `var(--c${i})`);
    field.oninput = () => change((s) => { s.schedules[i] = field.value; });
    field.onscroll = () => { mark.firstChild.style.translate = -field.scrollLeft + "px"; };
    drop.onclick = () => {
      change((s) => { s.schedules.splice(i, 1); });
      cards[Math.min(i, cards.length - 1)].field.focus();
    };
    add.before(card);
    return Object.assign(card, { i, field, rows: [], show });
  }
  function show_numbers(card, box, read, question, run) {
    const numbers = read.numbers.slice(0, most_sliders), paths = numbers.map((n) => n.number).join();
    if (card.paths != paths) box.replaceChildren(...card.rows = numbers.map((_, k) => make_row(card, k)));
    card.paths = paths;
    const few = question.options.layers != "none", points = few ? 9 : 21, seeds = few ? 2 : 10;
    const places = Array.from({ length: points }, (_, n) => n / (points - 1)), { expression, ...rest } = question;
    ask_later(card, "pull" + card.i, { ask: "sensitivity", ...question, seeds: few ? 3 : 20, windows: 0 },
      card.rows.map((row) => row.pull), (answer, k) => pull_of(card.rows[k], answer, run));
    card.rows.forEach((row, k) => {
      row.show(numbers[k], read.rates, card.moved);
      const finals = { ask: "finals", ...rest, expressions: places.map(row.text_at), seeds };
      ask_later(row, `f${card.i}-${k}`, finals, [row.curve], ({ losses = [] }) => curve_of(losses, run));
    });
  }
  /** Asks once the texts have rested, and fills the parts. They are grey until the answer is there. */
  function ask_later(to, key, question, parts, html) {
    const asked = JSON.stringify(question);
    const wait = (on) => parts.forEach((part) => part.classList.toggle("waiting", on));
    if (to.asked == asked) return;
    to.asked = asked;
    wait(true);
    clearTimeout(to.timer);
    to.timer = setTimeout(async () => {
      const answer = await engine.later(key, question);
      if (!answer || to.asked != asked) return;
      parts.forEach((part, k) => { part.innerHTML = html(answer, k); });
      wait(false);
    }, rest_ms);
  }
  /** An arrow and words: what a little more of the number does to the loss, or to what is above the least. */
  function pull_of({ number, whole }, { error = "", numbers = [], losses = [] }, run) {
    const say = (what, why, arrow = "") => `<b>${arrow}${what}</b><span>${why}</span>`;
    const pull = numbers.find((n) => n.number == number.number), v = number.written;
    if (run.diverged || error.includes("diverged")) return say("diverges", "no slope here");
    if (!pull || pull.why_not || number.slope == null)
      return say("no slope", pull?.why_not == "staircase" ? "it moves a jump" : "see the curve");
    const loss = losses.reduce((sum, l) => sum + l) / losses.length, above = above_least(loss, run);
    if (above <= 1e-12 * loss) return say("at the least", "all else is rounding");
    const [more, unit] = whole ? [1, "1 update"] : v == 0 ? [0.001, "0.001"] : [0.01 * v, "1%"];
    const percent = 100 * more * number.slope * pull.derivative / above, size = Math.abs(percent);
    if (size < 0.02) return say("no pull", `+${unit}: loss ±0%`);
    if (pull.chance) return say("chance", "seeds pull both ways");
    const up = percent < 0, long = 8 + 20 * Math.min(1, Math.log10(size / 0.02) / 3);
    const arrow = up ? `M0 5H${long}l-5-4m5 4l-5 4` : `M30 5H${30 - long}l5-4m-5 4l5 4`;
    return say(up ? "raise" : "lower", `+${unit}: loss ${up ? "−" : "+"}${+size.toPrecision(2)}%`,
      `<svg viewBox="0 0 30 10" aria-hidden="true"><path d="${arrow}"/></svg>`);
  }
  /** The final loss at places along the slider; a red edge where the run diverges. */
  function curve_of(losses, run) {
    const heights = losses.map((l) => l == null ? NaN : Math.log(Math.max(above_least(l, run), 1e-14)));
    const seen = heights.filter(isFinite), low = Math.min(...seen), high = Math.max(...seen, low + 0.1);
    const step = 100 / (losses.length - 1);
    const places = heights.map((v, k) => [k * step, 28 - 25 * (v - low) / (high - low)]);
    const bad = places.filter(([, y]) => isNaN(y)).map(([x]) => `M${x - step / 2} 1h${step}`);
    return `<path d="${Plot.line(places)}"/><path class="bad" d="${bad.join("")}"/>`;
  }
  const add = document.createElement("button");
  add.textContent = "+ Schedule";
  add.onclick = () => {
    const rate = +Math.max(0, ...view.runs[0]?.rates ?? []).toPrecision(2) || 0.1;
    change((s) => { s.schedules.push(`CosineDecay(${rate}, all)`); });
    cards.at(-1).field.focus();
  };
  $("cards").append(add);
  panels.push({ draw({ state: { schedules } }) {
    while (cards.length > schedules.length) cards.pop().remove();
    while (cards.length < schedules.length) cards.push(make_card(cards.length));
    for (const card of cards) card.show();
    add.disabled = cards.length == most_cards;
  } });
})();
