// The state of the page, with the command's options as keys, and its address: what differs from the lesson.
const lessons = JSON.parse(document.getElementById("lessons").textContent);
const Address = (() => {
  /** Without a lesson: the options as in `gradus compare`. */
  const plain = { lesson: "", data: "moons", layers: "16,16", activation: "relu", loss: "auto", seed: 0,
    initializer: "glorot_uniform", "bias-initializer": "zeros", "batch-size": 32, sampling: "shuffled",
    steps: 210, optimizer: "sgd", /** @type {number[] | null} */ start: null,
    schedules: ["0.1", "CosineDecay(0.5, 210)"], /** @type {string[]} */ hide: [] };
  const parts = ["lesson", "data", "cards", "rate", "loss", "map", "time", "update", "results", "tools"];
  const encode = (t) => encodeURIComponent(String(t).replace(/\p{Surrogate}/gu, "?")).replaceAll("%2C", ",");
  const whole = (least, greatest) => [`a whole number from ${least} to ${greatest}`,
    (t) => /^\d+$/.test(t) && t >= least && t <= greatest ? Number(t) : undefined];
  /** What a value must be, and a text as this value. @type {Object<string, [string, function]>} */
  const rules = { "batch-size": whole(1, 10000), steps: whole(1, 10000), seed: whole(0, 2 ** 53),
    start: ["two numbers, such as 0.5,-1", (t) => !t ? null :
      /^[^,\s]+,[^,\s]+$/.test(t) && t.split(",").every(isFinite) ? t.split(",").map(Number) : undefined],
    hide: ["a list of " + parts, (t) => !t ? [] :
      t.split(",").every((part) => parts.includes(part)) ? t.split(",") : undefined] };
  const defaults = (id) =>  // the settings of a lesson
    structuredClone({ ...plain, ...lessons.find((lesson) => lesson.id == id)?.settings, lesson: id });
  /** Reads an address; an empty one is the first lesson. The notes are about what cannot be read. */
  function read(hash) {
    const pairs = new URLSearchParams(hash.replace(/^#/, "").replaceAll("+", "%2B"));
    const ids = lessons.map((lesson) => lesson.id), schedules = pairs.getAll("schedule"), notes = [];
    const otherwise = [...pairs.keys()].every((key) => key == "hide") ? ids[0] : "";
    const id = pairs.getAll("lesson").at(-1) ?? otherwise, state = defaults(ids.includes(id) ? id : "");
    if (id && !ids.includes(id)) notes.push(`lesson must be one of ${ids.join(", ")} (got '${id}')`);
    if (schedules.length) state.schedules = schedules.slice(0, 4);
    if (schedules.length > 4) notes.push("schedule must be given at most 4 times");
    pairs.delete("lesson"), pairs.delete("schedule");
    for (const [key, t] of pairs) {
      const known = Object.hasOwn(plain, key) && key != "schedules";
      const [rule, value] = known ? rules[key] ?? ["", String] : [], v = value?.(t);
      if (v === undefined) notes.push(known ? `${key} must be ${rule} (got '${t}')` : `'${key}' is unknown`);
      else state[key] = v;
    }
    return { state, notes: notes.map((note) => `In the address, ${note}.`) };
  }
  function write(state) {
    const own = defaults(state.lesson), text = JSON.stringify;
    const keys = Object.keys(own).filter((key) => text(state[key]) != text(own[key]));
    const pairs = keys.flatMap((key) => key == "schedules" ? state[key].map((t) => "schedule=" + encode(t))
      : `${key}=${encode(state[key] ?? "")}`);
    if (state.lesson || keys.every((key) => key == "hide")) pairs.unshift(`lesson=${encode(state.lesson)}`);
    return "#" + pairs.join("&");
  }
  let timer = 0;
  /** Writes the address 250 ms after the last change. The back button undoes it, with a `hashchange`. */
  const save = (state) => (clearTimeout(timer), timer = setTimeout(() =>
    write(state) == write(read(location.hash).state) || history.pushState(null, "", write(state)), 250));
  /** Hides the parts that a lecturer does not want: elements with `data-part`. */
  const hide = (state) => document.querySelectorAll("[data-part]")
    .forEach((part) => part.hidden = state.hide.includes(part.dataset.part));
  return { defaults, read, write, save, hide };
})();
/** The options of a question. A start is for the two weights of a model without hidden layers. */
const options = ({ lesson, steps, start, schedules, hide, ...rest }) => !start || rest.layers != "none" ? rest
  : { ...rest, initializer: `constant(${start[0]})`, "bias-initializer": `constant(${start[1]})` };
const question = (state, ask, more) => ({ ask, options: options(state), steps: state.steps, ...more });
