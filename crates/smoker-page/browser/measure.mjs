// Measures the page of a running daemon with a real browser: node measure.mjs ADDRESS PLUGIN
// Each run of PLUGIN has another result than the one before. Prints milliseconds: how long the first paint takes, that of an empty page, and
// how long a change takes to be seen after it was recorded. tests/benches/daemon/measure/page.rs boots the daemon.
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { chromium } from "playwright-core";

const [daemon, plugin] = process.argv.slice(2);
const LOADS = 9;
const CHANGES = 15;

const browser = await chromium.launch({
  executablePath: ["/usr/bin/chromium", "/usr/bin/chromium-headless-shell"].find((path) => existsSync(path)),
  args: ["--no-sandbox", "--disable-dev-shm-usage"],
});

/** A page with a word: without one nothing is painted. */
const empty = createServer((_, answer) => answer.setHeader("Content-Type", "text/html").end("<!doctype html><title>x</title><p>x"));
await new Promise((listens) => empty.listen(0, "127.0.0.1", listens));

const median = (figures) => figures.sort((a, b) => a - b)[Math.floor(figures.length / 2)];

async function open(address) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.goto(address);
  return page;
}

/** The value of an expression, or of the promise that it is: the policy of the page forbids `eval`. */
async function evaluate(page, expression) {
  const session = await page.context().newCDPSession(page);
  const { result, exceptionDetails } = await session.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
  await session.detach();
  if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.text}`);
  return result.value;
}

/** From the beginning of the navigation to the first contentful paint. */
async function paint(address) {
  const page = await open(address);
  const time = await evaluate(page, `new Promise((resolve) => new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (entry.name === "first-contentful-paint") resolve(entry.startTime);
  }).observe({ type: "paint", buffered: true }))`);
  await page.context().close();
  return time;
}

/** From the moment at which a run's result was there to the row that shows another text. */
async function change(page) {
  const row = `[...document.querySelectorAll("#plugins > tbody > tr")].find((row) => row.innerText.includes(${JSON.stringify(plugin)}))`;
  await evaluate(page, `void (window.seen = new Promise((resolve) => {
    const before = (${row})?.innerText;
    const look = () => {
      const now = (${row})?.innerText;
      if (now !== undefined && now !== before) resolve(Date.now());
      else requestAnimationFrame(look);
    };
    look();
  }))`);
  const body = JSON.stringify({ process: { plugins: [plugin] } });
  const answer = await fetch(`${daemon}/processes?wait=20s`, { method: "POST", body, headers: { "Content-Type": "application/json" } });
  const { plugins } = await answer.json();
  const result = plugins.items[0].plugin.forcedResult;
  const recorded = Date.parse(result.lastRunUtc) + result.duration * 1000;
  return (await evaluate(page, "window.seen")) - recorded;
}

try {
  const pairs = [];
  for (let load = 0; load < LOADS; load++) {
    pairs.push([await paint(`${daemon}/ui`), await paint(`http://127.0.0.1:${empty.address().port}/`)]);
  }
  const page = await open(`${daemon}/ui`);
  await page.waitForSelector("#live[data-state=live]");
  const changes = [];
  for (let turn = 0; turn < CHANGES; turn++) changes.push(await change(page));
  console.log([median(pairs.map(([own]) => own)), median(pairs.map(([, other]) => other)), median(changes)].join(" "));
} finally {
  await browser.close();
  empty.close();
}
