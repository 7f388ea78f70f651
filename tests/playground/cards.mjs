// Checks of the schedule cards, as a part of browser.mjs.
import { check, equal, field, need, text } from "./page.mjs";

const steps = "#data=line&layers=none&steps=210&schedule=PiecewiseConstantDecay([60,120],[0.3,0.1,0.02])&schedule=0.1";
await check("a slider that goes too far stays and comes back", steps, async (page) => {
  const slide = (place) => page.locator(".card input[type=range]").first().evaluate((slider, at) => {
    slider.value = at;
    slider.dispatchEvent(new Event("input"));
  }, place);
  const disabled = () => page.locator(".card input[type=range]").evaluateAll((all) => all.map((slider) => slider.disabled));
  await slide("1");
  equal(await field(page).inputValue(), "PiecewiseConstantDecay([120,120],[0.3,0.1,0.02])", "the text");
  need(/strictly increasing/.test(await text(page, ".error:not(:empty)")), "no sentence");
  equal(await disabled(), [false, true, true, true, true, false], "only the slider that moved can move");
  await slide("0.5");
  equal(await field(page).inputValue(), "PiecewiseConstantDecay([61,120],[0.3,0.1,0.02])", "the text after it");
  equal(await disabled(), Array(6).fill(false), "disabled sliders");
});
const knobs = "#data=line&layers=none&batch-size=32&sampling=fresh&steps=210&start=-0.6,-0.9&schedule=ExponentialDecay(0.1,20,0.5)";
await check("an arrow is what a difference says, and grey until it is exact", knobs, async (page) => {
  const known = () => page.locator(".pull:not(.waiting) b").nth(2).waitFor({ timeout: 60000 });
  await known();
  const ask = (rate) => page.evaluate(async (text) => {
    const question = { options: options(view.state), steps: 210, expressions: [text], seeds: 20 };
    return (await engine.later(text, { ask: "finals", ...question })).losses[0] - view.least_loss;
  }, `ExponentialDecay(${rate},20,0.5)`);
  const [low, high] = [await ask(0.0995), await ask(0.1005)], percent = 100 * (high / low - 1), said = await text(page, ".pull");
  need(/raise/.test(said) && Math.abs(+/[\d.]+%$/.exec(said)[0].slice(0, -1) + percent) < 0.1, `${said}, not ${percent}%`);
  await page.locator(".card input[type=range]").nth(1).press("ArrowRight");
  equal(await page.locator(".pull.waiting").count(), 3, "grey arrows");
  await known();
  return said.replace(/\s+/g, " ");
});
await check("from one schedule to four", knobs, async (page) => {
  const add = page.locator("#cards > button");
  need(await page.getByLabel("Remove schedule 1").isDisabled(), "the only schedule can be removed");
  for (let k = 2; k <= 4; ++k) await add.click();
  need(await add.isDisabled(), "a fifth schedule");
  await page.getByLabel("Remove schedule 1").click();
  equal(await page.evaluate(() => view.state.schedules), Array(3).fill("CosineDecay(0.1, all)"), "the schedules");
});
