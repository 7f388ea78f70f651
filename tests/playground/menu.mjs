// Checks of the menu of #share, as a part of browser.mjs: each entry copies or saves what it names.
import { readFileSync } from "node:fs";
import { check, equal, line, need } from "./page.mjs";

const entry = (page, name) => page.locator("#tools li button", { hasText: name });
const saved = async (page, name) => {
  const [download] = await Promise.all([page.waitForEvent("download"), entry(page, name).click()]);
  return readFileSync(await download.path(), "utf8");
};
await check("the menu copies link, command and C++", `${line}&schedule=Cosin(`, async (page) => {
  await page.evaluate(() => { navigator.clipboard.writeText = async (text) => { window.copied = text; }; });
  await page.click("#share summary");
  const copied = async (name) => {
    await page.evaluate(() => { window.copied = ""; });
    await entry(page, name).first().click();
    await page.waitForFunction(() => window.copied);
    need((await page.locator("#tools output").innerText()).startsWith("Copied "), "not said");
    return page.evaluate(() => window.copied);
  };
  equal(await copied("Copy link"), page.url().replace(", 210", ",%20210").replace("&steps=210", ""), "the link");
  equal(await copied("Copy gradus command"), "gradus compare 0.3 'CosineDecay(0.3, 210)' --data line --layers none "
    + "--initializer 'constant(-0.6)' --bias-initializer 'constant(-0.9)' --batch-size 4 --sampling fresh --steps 210 "
    + "--seeds 1", "the command");
  const code = await copied("Copy C++ of 0.3");
  need(/int main\(\)[^]*\.learning_rate = 0\.3[^]*iterations\(\) == 210;/.test(code), "the C++");
  equal(await entry(page, "Copy C++").count(), 2, "programs");  // none of the wrong schedule
});
await check("the menu saves CSV, JSON and SVG", line, async (page) => {
  await page.click("#share summary");
  const rows = (await saved(page, "CSV")).trimEnd().split("\n");
  equal([rows[0], rows[1].split(",")[2]], ["schedule,step,learning_rate,loss", "0.3"], "the head of the table");
  need(/^"CosineDecay\(0\.3, 210\)",210,,0\.0\d+$/.test(rows.at(-1)), `the last row: ${rows.at(-1)}`);
  const json = JSON.parse(await saved(page, "JSON"));
  const finals = await page.evaluate(() => view.runs.map((run) => run.losses.at(-1)));
  equal(json.schedules.map((schedule) => schedule.final_losses[0]), finals, "the final losses");
  for (const name of ["rate", "loss", "map"]) {
    const svg = await saved(page, `Save ${name}`), before = await page.locator(`#${name} svg`).getAttribute("viewBox");
    const wrong = await page.evaluate((text) => {
      const { documentElement: root } = new DOMParser().parseFromString(text, "image/svg+xml");
      const runs = [...root.querySelectorAll(".run")].filter((run) => !/^rgb/.test(run.style.stroke));
      return [root.querySelector("parsererror"), runs.length && "a run without a colour",
        [...root.querySelectorAll("text")].every((text) => text.textContent != "CosineDecay(0.3, 210)") && "no legend"]
        .filter(Boolean).map(String);
    }, svg);
    equal([wrong, before], [[], await page.locator(`#${name} svg`).getAttribute("viewBox")], name);
  }
});
await check("without a clipboard the text is selected", line, async (page) => {
  await page.evaluate(() => { navigator.clipboard.writeText = () => Promise.reject(Error("no")); });
  await page.click("#share summary");
  await entry(page, "Copy gradus command").click();
  await page.waitForFunction(() => document.activeElement.matches("dialog textarea"));
  need((await page.evaluate(() => getSelection().toString())).startsWith("gradus compare 0.3"), "not selected");
  await page.keyboard.press("Escape");
  equal(await page.locator("dialog").isVisible(), false, "the dialog");
});
await check("a long schedule stays inside the menu", "#schedule=ExponentialDecay(0.1, 2, 0.5, staircase=True)", async (page) => {
  await page.click("#share summary");
  equal(await page.evaluate(() => $("tools").scrollWidth - $("tools").clientWidth), 0, "pixels outside");
});
await check("a file that is no log ends in a sentence", line, async (page) => {
  const choose = (name, text) =>
    page.locator("#tools input").setInputFiles([{ name, mimeType: "", buffer: Buffer.from(text) }]);
  await choose("notes.jsonl", '{"step": 1}\nnotes\n{"step": 2}');
  await page.waitForFunction(() => $("tools").textContent.includes("notes.jsonl:2: must be JSON"));
  await choose("run.jsonl", '{"step": 1, "loss": 2, "learning_rate": 0.1}\n{"step": 300, "learning_rate": 0.1}');
  await page.waitForFunction(() => view.runs.length == 3 && view.steps == 300);
  await page.locator("#share").evaluate((menu) => { menu.open = false; });
  await page.click("#share summary");
  await entry(page, "Remove logs").click();
  await page.waitForFunction(() => view.runs.length == 2);
});
