// What the checks of the page share: Chromium, a new page for each check, and the count of those that failed.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const skip = (why) => { console.log(`skipped: ${why}`); process.exit(77); };
const executablePath = ["chromium", "chromium-browser", "google-chrome"].map((name) => `/usr/bin/${name}`).find(existsSync);
if (!executablePath) skip("no Chromium (apt install chromium)");
let chromium;
try { ({ chromium } = createRequire(`${process.cwd()}/`)("playwright-core")); } catch { skip("no playwright-core (npm ci)"); }

export const [file, pictures] = process.argv.slice(2);
const address = pathToFileURL(path.resolve(file)).href;
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
const messages = [], requests = [];
let failed = 0;

/** Opens the page and waits for its first picture. */
export async function open(hash = "", options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60000);
  page.on("console", (message) => messages.push(message.text()));
  page.on("pageerror", (error) => messages.push(String(error)));
  page.on("request", (request) => { const url = () => request.url(); if (!/^(data|blob):/.test(url()) && url().split("#")[0] != address) requests.push(url()); });
  await page.goto(address + hash);
  await page.waitForFunction(() => document.body.dataset.ready);
  return page;
}
/** Runs `what` on a new page. What it returns is printed behind the name. */
export async function check(name, hash, what, options) {
  let page;
  try {
    page = await open(hash, options);
    const said = await what(page);
    console.log(`ok ${name}${said ? ` (${said})` : ""}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}: ${String(error.message).split("\n")[0]}`);
  }
  await page?.context().close();
}
export function need(good, what) { if (!good) throw Error(what); }
export const equal = (a, b, what) => need(JSON.stringify(a) == JSON.stringify(b), `${what}: ${JSON.stringify(a)}, not ${JSON.stringify(b)}`);

export const text = (page, selector) => page.locator(selector).first().innerText();
export const field = (page, k = 1) => page.locator(".card input[type=text]").nth(k - 1);
export const results = (page) => page.evaluate(() => [...document.querySelectorAll("#results tbody tr")]
  .map((row) => [...row.cells].map((cell) => cell.textContent).join(" | ")));
export const settle = (page) => page.waitForTimeout(400);
/** Presses Tab until the element has the focus. */
export async function tab_to(page, selector, key = "Tab") {
  for (let k = 0; k < 80; ++k) {
    if (await page.evaluate((s) => document.activeElement.matches(s), selector)) return;
    await page.keyboard.press(key);
  }
  throw Error(`Tab does not reach ${selector}`);
}
/** A line through points, with two schedules. */
export const line = "#data=line&layers=none&batch-size=4&sampling=fresh&steps=210&start=-0.6,-0.9&schedule=0.3&schedule=CosineDecay(0.3, 210)";

/** Closes Chromium, and ends with 1 if a check failed or the page printed or asked for anything, else with 0. */
export async function finish() {
  await browser.close();
  for (const [name, list] of [["no console messages", messages], ["no requests", requests]]) {
    if (list.length) failed += 1;
    console.log(list.length ? `FAILED ${name}: ${list.length}, first ${list[0].split("\n")[0]}` : `ok ${name}`);
  }
  console.log(failed ? `${failed} failed` : "all passed");
  process.exit(failed ? 1 : 0);
}
