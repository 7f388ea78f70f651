// The schedules: a card each, with its text, a slider for each number in it, and which way the number pulls.
(() => {
  const most_cards = 4, most_sliders = 8, rest_ms = 30, cards = [], add = $("cards").firstChild;
  /** The element of a template, with its number in labels and ids. */
  const make = (id, number) => document.createRange()
    .createContextualFragment($(id).innerHTML.trim().replaceAll("@", number)).firstChild;
  const words = (path) => ({ value: "rate", first: "first number", second: "second number" })[path] ??
    path.replace(/\w+\.(?=\w)/g, "").replace(/\[(\d+)\]/, (_, n) => ` ${+n + 1}`).replaceAll("_", " ");
  const focus = (i) => cards[Math.min(i, cards.length - 1)].field.focus();
  const above_least = (loss, run) => loss - (run.least_loss ?? 0);
  /** Asks once the texts have rested, and fills a part of the page. It is grey until the answer is there. */
  function ask_later(part, key, kind, more, html) {
    const what = question(view.state, kind, more), asked = JSON.stringify(what);
    if (part.asked == asked) return;
    part.asked = asked, part.classList.add("waiting"), clearTimeout(part.timer);
    part.timer = setTimeout(async () => {
      const answer = part.isConnected && await engine.later(key, what);
      if (answer && part.asked == asked) part.innerHTML = html(answer), part.classList.remove("waiting");
    }, rest_ms);
  }
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
  /** An arrow and words: what a little more of the number does to the loss, or to what is above the least. */
  function pull_of({ number, written, slope }, whole, { error = "", numbers = [], losses = [] }, run) {
    const say = (what, why, arrow = "") => `<b>${arrow}${what}</b><span>${why}</span>`;
    if (run.diverged || error.includes("diverged")) return say("diverges", "no slope here");
    const pull = numbers.find((n) => n.number == number);
    if (!pull || pull.why_not || slope == null)
      return say("no slope", pull?.why_not == "staircase" ? "the rate jumps" : "see the curve");
    const loss = losses.reduce((sum, l) => sum + l) / losses.length, above = above_least(loss, run);
    if (above <= 1e-12 * loss) return say("at the minimum", "the rest is rounding");
    const [more, unit] = whole ? [1, "1 update"] : written == 0 ? [0.001, "0.001"] : [0.01 * written, "1%"];
    const percent = 100 * more * slope * pull.derivative / above, size = Math.abs(percent), up = percent < 0;
    if (size < 0.02) return say("no pull", `+${unit}: loss ±0%`);
    if (pull.chance) return say("unclear", "seeds disagree");
    const long = 8 + 20 * Math.min(1, Math.log10(size / 0.02) / 3);
    const arrow = up ? `M0 5H${long}l-5-4m5 4l-5 4` : `M30 5H${30 - long}l5-4m-5 4l5 4`;
    return say(up ? "raise" : "lower", `+${unit}: loss ${up ? "−" : "+"}${+size.toPrecision(2)}%`,
      `<svg viewBox="0 0 30 10" aria-hidden="true"><path d="${arrow}"/></svg>`);
  }
  /** The final loss at places along the slider; a red edge where the run diverges. */
  function curve_of(losses, run) {
    const heights = losses.map((l) => l == null ? NaN : Math.log(Math.max(above_least(l, run), 1e-14)));
    const seen = heights.filter(isFinite), low = Math.min(...seen), high = Math.max(...seen, low + 0.1);
    const step = 100 / (losses.length - 1), y = (v) => 28 - 25 * (v - low) / (high - low);
    const bad = heights.map((v, k) => isNaN(v) ? `M${(k - 0.5) * step} 1h${step}` : "").join("");
    return `<path d="${Plot.line(heights.map((v, k) => [k * step, y(v)]))}"/><path class="bad" d="${bad}"/>`;
  }
  function make_row(card, k) {
    const id = `${card.i + 1}-${k + 1}`, row = make("number", id);
    const [name, output, { children: [curve, slider] }, pull] = row.children;
    let /** @type {any} */ number, range, whole;
    const print = (v) => String(whole ? Math.round(v) : +v.toPrecision(3));
    const say = (v) => { output.textContent = slider.ariaValueText = print(v); };
    const text_at = (place) => card.text.slice(0, number.from) + print(range.value_at(place)) +
      card.text.slice(number.from + number.length);
    /** Shows a number of an answer. The range stays while a slider of the card moves. */
    const show = (now, rates, run) => {
      const v = now.written, counts = now.counts_steps && v % 1 == 0 && now.value == v;
      const fits = card.moved && whole == counts && Math.abs(range.place_of(v) - 0.5) < 0.5 + 1e-9;
      [number, whole] = [{ ...now }, counts];  // a copy, because the slider moves its end
      if (!fits) range = range_around(v, number.number, whole, rates);
      Object.assign(slider, { step: range.step, value: range.place_of(v) });
      say(v), name.textContent = words(number.number);
      const few = view.state.layers != "none", points = few ? 9 : 21;
      const slope = { expression: card.text, windows: 0, seeds: few ? 3 : 20 };
      const finals = { expressions: Array.from({ length: points }, (_, n) => text_at(n / (points - 1))),
        seeds: few ? 2 : 10 };
      ask_later(pull, "pull" + card.i, "sensitivity", slope, (answer) => pull_of(now, whole, answer, run));
      ask_later(curve, "finals" + id, "finals", finals, ({ losses = [] }) => curve_of(losses, run));
    };
    slider.oninput = () => {
      const text = text_at(+slider.value), longer = text.length - card.text.length;
      number.length += longer, say(range.value_at(+slider.value)), Object.assign(card, { text, moved: row });
      change((s) => { s.schedules[card.i] = text; });
    };
    const at_end = () => slider.value == 0 || slider.value == 1;
    slider.onchange = () => at_end() && Object.assign(card, { moved: null }).show();  // the range goes on
    return Object.assign(row, { slider, show });
  }
  function make_card(i) {
    const card = make("card", i + 1);
    const [{ children: [, field, drop] }, mark, error, numbers, note] = card.children;
    const show = () => {
      const { state, runs: { [i]: run = {} } } = view, text = state.schedules[i];
      const read = engine.ask(question(state, "read", { expression: text })), wrong = read.error ?? "";
      const above = wrong == $("problem").textContent;  // where it stands already
      const sentence = above ? "" : wrong.replace(/^"[^]*?": (?=\S)/, "").replace(/^column \d+: /, "");
      if (card.text != text) Object.assign(card, { text, moved: null });
      Object.assign(field, { value: text, ariaInvalid: String(sentence != "") });
      if (error.textContent != sentence) error.textContent = sentence;
      card.classList.toggle("wrong", wrong != "");
      mark.hidden = !read.column, mark.style.setProperty("--column", read.column - 1);
      note.textContent = note.title = read.notes?.join(" ") ?? "", drop.disabled = cards.length == 1;
      for (const row of card.rows) row.slider.disabled = wrong && row != card.moved;
      if (wrong) return;
      const shown = read.numbers.slice(0, most_sliders), paths = shown.map((n) => n.number).join();
      if (card.paths != paths) numbers.replaceChildren(...card.rows = shown.map((_, k) => make_row(card, k)));
      card.paths = paths, card.rows.forEach((row, k) => row.show(shown[k], read.rates, run));
    };
    field.oninput = () => change((s) => { s.schedules[i] = field.value; });
    field.onscroll = () => { mark.firstChild.style.translate = -field.scrollLeft + "px"; };
    drop.onclick = () => { change((s) => { s.schedules.splice(i, 1); }); focus(i); };
    add.before(card);
    return Object.assign(card, { i, field, rows: [], show });
  }
  add.onclick = () => {
    const rate = +Math.max(0, ...view.runs[0]?.rates ?? []).toPrecision(2) || 0.1;
    change((s) => { s.schedules.push(`CosineDecay(${rate}, all)`); }), focus(most_cards);
  };
  panels.push({ draw({ state: { schedules } }) {
    while (cards.length > schedules.length) cards.pop().remove();
    while (cards.length < schedules.length) cards.push(make_card(cards.length));
    for (const card of cards) card.show();
    add.disabled = cards.length == most_cards;
  } });
})();
