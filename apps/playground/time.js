"use strict";
// The time cursor of all panels: after `view.t` updates. Keys: Space, arrows, Home, End.
const time = (() => {
  $("time").innerHTML = `<button class="play" aria-label="Play" title="Play (Space)">▶</button>
    <button class="back" aria-label="One update back" title="One update back (←)">−1</button>
    <button class="on" aria-label="One update on" title="One update on (→)">+1</button>
    <input type="range" min="0" aria-label="Time in updates"><output></output>`;
  const part = (/** @type {string} */ name) => $("time").querySelector(name), slider = part("input"), seconds = 6;
  let frame = 0;
  function show() {
    const { t, state } = view, shown = `after update ${t} of ${state.steps}`;
    Object.assign(slider, { max: state.steps, value: t });
    slider.setAttribute("aria-valuetext", shown);
    part("output").textContent = shown;
    part("output").style.minWidth = `${`after update ${state.steps} of ${state.steps}`.length}ch`;
    Object.assign(part(".back"), { disabled: t <= 0 });
    Object.assign(part(".on"), { disabled: t >= state.steps });
  }
  /** Moves the cursor of every panel. */
  function to(/** @type {number} */ t) {
    view.t = Math.max(0, Math.min(view.state.steps, t));
    for (const panel of panels) panel.cursor?.(view, view.t);
  }
  function stop() {
    cancelAnimationFrame(frame);
    frame = 0;
    Object.assign(part(".play"), { textContent: "▶", ariaLabel: "Play" });
  }
  /** Plays from here, or from the beginning at the end. With reduced motion it goes on in eight steps. */
  function play(from = view.t >= view.state.steps ? 0 : view.t) {
    stop();
    const pieces = matchMedia("(prefers-reduced-motion: reduce)").matches ? 8 : Infinity, begun = performance.now();
    const tick = (/** @type {number} */ now) => {
      const done = Math.min(1, from / view.state.steps + Math.max(0, now - begun) / 1000 / seconds);
      to(Math.round(view.state.steps * (pieces < Infinity ? Math.floor(done * pieces) / pieces : done)));
      done < 1 ? frame = requestAnimationFrame(tick) : stop();
    };
    Object.assign(part(".play"), { textContent: "❚❚", ariaLabel: "Pause" });
    frame = requestAnimationFrame(tick);
  }
  const step = (/** @type {number} */ n) => { stop(); to(view.t + n); };
  part(".play").onclick = () => frame ? stop() : play();
  part(".back").onclick = () => step(-1);
  part(".on").onclick = () => step(1);
  slider.oninput = () => { stop(); to(+slider.value); };
  addEventListener("keydown", (event) => {
    const busy = /** @type {Element} */ (event.target).closest?.("input, select, textarea, button, summary, a, [tabindex]");
    const act = { " ": () => part(".play").click(), ArrowLeft: () => step(-1), ArrowRight: () => step(1),
      Home: () => step(-Infinity), End: () => step(Infinity) }[event.key];
    if (busy || !act || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    act();
  });
  panels.push({ draw: show, cursor: show });
  return { play, stop, to };
})();
