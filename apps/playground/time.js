// The time cursor of all panels: after `view.t` updates. Keys: Space, arrows, Home, End.
const time = (() => {
  const [button, back, on, slider, output] = $("time").children, seconds = 6;
  let frame = 0;
  function show({ t, steps }) {
    slider.max = steps, slider.value = t, output.textContent = `after update ${t} of ${steps}`;
    slider.ariaValueText = output.textContent;
    document.body.classList.toggle("ended", t >= steps);
  }
  function to(/** @type {number} */ t) {
    if (!view.state) return;  // gradus is not ready
    view.t = Math.max(0, Math.min(view.steps, t));
    for (const panel of panels) panel.cursor?.(view, view.t);
  }
  const stop = () => (cancelAnimationFrame(frame), frame = 0, say("▶", "Play"));
  const say = (sign, words) => Object.assign(button, { textContent: sign, ariaLabel: words });
  /** Plays from here, or from the beginning at the end. Reduced motion: in eight steps. */
  function play(from = view.t >= view.steps ? 0 : view.t) {
    stop(), to(from);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches, begun = performance.now();
    const tick = (/** @type {number} */ now) => {
      const done = Math.min(1, from / view.steps + Math.max(0, now - begun) / 1000 / seconds);
      to(Math.round(view.steps * (still ? Math.floor(8 * done) / 8 : done)));
      done < 1 ? frame = requestAnimationFrame(tick) : stop();
    };
    frame = requestAnimationFrame(tick), say("❚❚", "Pause");
  }
  const step = (/** @type {number} */ n) => () => { stop(), to(view.t + n); };
  const keys = { " ": () => frame ? stop() : play(), ArrowLeft: step(-1), ArrowRight: step(1),
                 Home: step(-Infinity), End: step(Infinity) };
  button.onclick = keys[" "], back.onclick = step(-1), on.onclick = step(1);
  slider.oninput = () => { stop(), to(+slider.value); };
  addEventListener("keydown", (event) => {
    const busy = event.target.closest("input, select, textarea, button, summary, .ring");
    if (busy || event.ctrlKey || event.altKey || event.metaKey || !keys[event.key]) return;
    event.preventDefault(), event.key == " " && event.repeat || keys[event.key]();
  });
  panels.push({ draw: show, cursor: show });
  return { play, stop, to };
})();
