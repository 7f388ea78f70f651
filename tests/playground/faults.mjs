// Checks of what once went wrong at the edges, as a part of browser.mjs.
import { check, equal, field, line, need, results, settle, text } from "./page.mjs";

const drop = (page, name, log) => page.evaluate(([name, log]) => {
  const files = new DataTransfer();
  files.items.add(new File([log], name));
  document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
}, [name, log]);
const log = (updates, loss) => Array.from({ length: updates }, (_, k) =>
  JSON.stringify({ step: k + 1, learning_rate: 0.1, ...loss(k) })).join("\n");
/** The attributes in pictures that are no numbers. */
const broken = (page) => page.evaluate(() => [...document.querySelectorAll("svg *")].flatMap((e) =>
  [...e.attributes].filter((a) => /NaN|Infinity|undefined/.test(a.value)).map((a) => `${e.tagName} ${a.name}`)));

await check("updates that are wrong keep the last pictures", line, async (page) => {
  await page.fill("#steps", "0");
  need(/--steps: must be/.test(await text(page, "#problem")), "no sentence");
  equal([await page.evaluate(() => view.steps), await broken(page)], [210, []], "updates and pictures");
  await page.fill("#steps", "");
  await page.focus("#seed");
  equal(await page.inputValue("#steps"), "0", "a field left empty");
});
await check("an address with wrong options from the beginning", "#data=line&layers=none&optimizer=no", async (page) => {
  need(/did you mean/.test(await text(page, "#problem")), "no sentence");
  equal(await broken(page), [], "pictures");
});
await check("a run that diverges at the first update", line.replace("=0.3&", "=1e300&"), async (page) => {
  await page.evaluate(() => time.to(1));
  equal(await broken(page), [], "pictures");
  need(/diverged after update 1/.test((await results(page))[0]), "no state");
});
await check("long logs, and one without a loss", line, async (page) => {
  for (const name of ["a", "b"]) await drop(page, `${name}.jsonl`, log(99999, (k) => ({ batch_loss: 1 / (k + 1) })));
  await drop(page, "c.jsonl", log(50, (k) => k == 20 ? {} : { batch_loss: 1 }));
  await drop(page, "d.jsonl", log(50, () => ({})));
  await page.waitForFunction(() => view.runs.length == 6 && view.steps == 99999);
  need(await page.locator("#loss .grid").count() > 1, "the loss has no axis");
  equal(await broken(page), [], "pictures");
});
await check("wrong schedules leave no curves behind", line, async (page) => {
  for (const k of [1, 2]) await field(page, k).fill("x(");
  equal(await page.locator("#rate .run, #loss .run, #map .run").count(), 0, "curves");
});
await check("expected curves go with their problem", line, async (page) => {
  await page.waitForFunction(() => view.expected?.[0]);
  equal(await page.evaluate(() => { change((s) => { s.data = "ravine"; }); return view.expected; }), null, "at once");
});
await check("a label under the pointer follows a change", line, async (page) => {
  await page.locator("#loss svg").hover();
  const before = await text(page, "#loss output");
  await page.evaluate(() => change((s) => { s.schedules[0] = "0.05"; }));
  need(await text(page, "#loss output") != before, "old numbers");
  need(await page.locator("#loss .reader").getAttribute("d"), "no line");
});
await check("keys in a focused plot move the time, and Space that is held plays", line, async (page) => {
  await page.keyboard.press("Home");
  await page.locator("#rate svg").focus();
  await page.keyboard.press("ArrowRight");
  equal(await page.evaluate(() => view.t), 1, "the time");
  need(/^after 1 updates/.test(await text(page, "#rate output")), "the label");
  await page.evaluate(() => ["", "", ""].forEach((_, k) =>
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: " ", bubbles: true, repeat: k > 0 }))));
  await page.waitForFunction(() => view.t > 3);
});
await check("a ring that is dragged out stays on the map", line, async (page) => {
  await settle(page);
  const { x, y, width, height } = await page.locator("#map .ring").boundingBox();
  await page.mouse.move(x + width / 2, y + height / 2);
  await page.mouse.down();
  for (const at of [[1275, 715], [5, 5]]) await page.mouse.move(...at, { steps: 5 }), await settle(page);
  await page.mouse.up();
  const [inside, start] = await page.evaluate(() => [view.surface.box, view.state.start]);
  need(start[0] > inside[0] && start[0] < inside[1] && start[1] > inside[2] && start[1] < inside[3], `${start}`);
});
await check("a change while a lesson plays asks again, and hides the results meanwhile", "#lesson=too-large", async (page) => {
  for (const k of [0, 1]) await page.locator("#lesson .choice").nth(k).click();
  await page.click("#lesson .play");
  need(!await page.locator("#results table").isVisible(), "results before the end");
  await page.getByLabel("Remove schedule 1").click();
  need(await page.evaluate(() => document.body.classList.contains("predicting")), "a score of other runs");
});
await check("the map as SVG where there is none", "#data=digits&layers=16", async (page) => {
  await page.click("#share summary");
  await page.locator("#tools li button", { hasText: "Save map" }).click();
  equal(await text(page, "#tools output"), "Saved gradus-map.svg.", "the sentence");
});
const arrows = (page) => page.waitForFunction(() => view.expected?.[0] && !document.querySelector(".waiting"));
await check("without workers the page answers itself", line, async (page) => {
  await page.addInitScript(() => { window.Worker = class { constructor() { throw Error("refused"); } }; });
  await page.reload();
  await arrows(page);
});
await check("a worker that cannot start hands over to the page", line, async (page) => {
  await page.addInitScript(() => {
    const broken = "WebAssembly.compile = () => Promise.reject(Error('no memory'));", Real = Blob;
    window.Blob = class extends Real {
      constructor(parts) { super(String(parts[0]).includes("onmessage") ? [broken, ...parts] : parts); }
    };
  });
  await page.reload();
  await arrows(page);
});
