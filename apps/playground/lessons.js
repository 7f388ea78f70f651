// The lesson: its text, and a question before the curves are shown. The runs decide what is right.
(() => {
  const places = ["1st", "2nd", "3rd", "4th"], { escape, swatch } = Plot, box = $("lesson");
  let stage = "shown", lesson = null, asked = "", drawn = "", result = "", chosen = [];
  const [title, text, question_line, group, status, explanation, row] = box.children;
  const [play, skip, rewind, next] = row.children;
  const is_order = () => !lesson.question.choices, is_open = () => stage == "asked" || stage == "answered";
  const answers = () => lesson.question.choices ?? view.runs.filter((run) => !run.log);  // to choose from
  const train = (text) => engine.ask(question(view.state, "compare", { expressions: [text] })).schedules?.[0];
  const loss_of = (run) => run && !run.error && run.diverged_at == null ? run.losses.at(-1) : Infinity;
  function score() {  // compares what was chosen with the final losses
    const all = answers(), losses = all.map((answer) => loss_of(is_order() ? answer : train(answer.run)));
    const right = [...losses.keys()].sort((a, b) => losses[a] == losses[b] ? 0 : losses[a] - losses[b]);
    const hits = chosen.filter((answer, place) => answer == right[place]).length;
    const order = right.map((i, place) => `${places[place]} ${all[i].text}`).join("; ");
    return is_order() ? `${hits} of ${right.length} right. The order is: ${order}.`
      : `${hits ? "Right" : "Wrong"}. The lowest loss: ${all[right[0]].text}.`;
  }
  function choose(/** @type {number} */ i) {
    chosen = !is_order() ? [i] : chosen.includes(i) ? chosen.slice(0, chosen.indexOf(i)) : [...chosen, i];
    const left = [...answers().keys()].filter((k) => !chosen.includes(k));
    if (is_order() && left.length == 1) chosen.push(left[0]);
    go(!is_order() || chosen.length == answers().length ? "answered" : "asked");
  }
  const button = (answer, i) => `<button class="choice" value="${i}" aria-pressed="${chosen.includes(i)}"
    ${is_open() ? "" : "disabled"}>${is_order() ? swatch(answer) : ""}<span>${escape(answer.text)}</span>
    <b>${is_order() ? places[chosen.indexOf(i)] ?? "" : ""}</b></button>`;
  const put = (at, text) => at.textContent == text || (at.textContent = text);  // says only what is new
  function show() {
    const focus = [...group.children].indexOf(document.activeElement), html = answers().map(button).join("");
    if (html != drawn) group.innerHTML = drawn = html, group.children[focus]?.focus();  // no click is lost
    put(title, lesson.title), put(text, lesson.text), put(question_line, lesson.question.ask);
    const ask = is_order() ? "Press the runs in the order that you predict." : "Press what you predict.";
    put(status, { asked: ask, answered: "Press Play.", playing: "The answer comes at the end.",
      shown: result }[stage]);
    put(explanation, stage == "shown" ? lesson.explanation : ""), box.dataset.stage = stage;
    play.hidden = stage != "answered", skip.hidden = stage == "shown", rewind.hidden = stage != "shown";
    next.hidden = stage != "shown" || lesson == lessons.at(-1);
  }
  const go = (/** @type {string} */ to) => { stage = to, draw(); };
  const reveal = () => { result = chosen.length ? score() : "", go("shown"); };  // before the runs change
  const start = () => { stage = box.hidden ? "shown" : "asked", result = "", chosen = []; };
  const open = (id, keep) => change((s) => Object.assign(s, Address.defaults(id), { hide: s.hide, ...keep }));
  group.onclick = ({ target }) => { const at = target.closest("button:enabled"); if (at) choose(+at.value); };
  play.onclick = () => { go("playing"), time.play(0); };
  skip.onclick = () => { time.stop(), time.to(Infinity), reveal(); };
  next.onclick = () => { open(lessons[lessons.indexOf(lesson) + 1].id), group.firstChild.focus(); };
  rewind.onclick = () => { start(), open(lesson.id, { seed: view.state.seed, start: view.state.start }); };
  $("which").append(...lessons.map((one, i) => new Option(`${i + 1}. ${one.title}`, one.id)));
  $("which").onchange = () => open($("which").value);
  panels.unshift({  // before the others, which look at body.predicting
    draw({ state: { lesson: id, schedules, hide } }) {
      const now = lessons.find((one) => one.id == id) ?? null, texts = schedules.join();
      box.hidden = !now || hide.includes("lesson");
      const is_new = now != lesson || (stage != "shown" && texts != asked);
      if (is_new) lesson = view.lesson = now, asked = texts, start();
      $("which").value = id, document.body.classList.toggle("predicting", is_open()), lesson && show();
    },
    cursor(_, /** @type {number} */ t) { if (stage == "playing" && t >= view.steps) reveal(); } });
})();
