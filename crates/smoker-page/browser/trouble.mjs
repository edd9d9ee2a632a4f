// Scenarios of look.mjs in which the way to the daemon, the browser or a plugin does what it should not.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { PHONE, cut, evaluate, eventually, fits, folder, force, line, open, stall, until, way } from "./harness.mjs";

const LIVE = "#live[data-state=live]";
const CUT = "#live[data-state=cut]";

/** This many seconds later, as far as the page knows: the machine has slept. */
const sleep = (page, seconds = 3600) => evaluate(page, `void ((now) => { Date.now = () => now() + ${seconds * 1000}; })(Date.now.bind(Date))`);

/** A page that nobody sees notices that, and time goes by until it has left its connection. */
async function longAfter(page) {
  for (let turn = 0; turn < 50; turn++) {
    await new Promise((wake) => setTimeout(wake, 1500));
    await sleep(page, 90);
    if (await page.locator(CUT).waitFor({ timeout: 2500 }).then(() => true, () => false)) return;
  }
  assert.fail("it keeps its connection");
}

/** What another tab in front of this one does to it. */
const hide = (page, isHidden) =>
  evaluate(page, `Object.defineProperty(document, "hidden", { value: ${isHidden}, configurable: true }), document.dispatchEvent(new Event("visibilitychange", { bubbles: true }))`);

const says = (page, plugin, pattern) => eventually(async () => assert.match(await line(page, plugin).innerText(), pattern));

const change = (isBad) => writeFileSync(`${folder}/changes`, isBad ? "broken\n" : "");

/** An event of the stream. */
const event = (number, plugin, status, more = {}) => {
  const started = new Date(1_800_000_000_000 + number * 1000).toISOString();
  const result = { status, messages: { info: [`run ${number}`] }, lastRunUtc: started, duration: 0.1 };
  const data = { sequence: number, plugin, trigger: "timer", planned: started, started, changed: true, previous: "OK", result, ...more };
  return `id: ${number}\nevent: result\ndata: ${JSON.stringify(data)}\n\n`;
};

/** The page with this text as its only stream behind the plugins as they are; later requests for both are never answered. */
async function withEvents(text) {
  let [isRead, isSent] = [false, false];
  return open("/ui", {}, async (page) => {
    await page.route("**/plugins", async (route) => {
      if (!isRead) await route.continue();
      isRead = true;
    });
    await page.route("**/events*", async (route) => {
      if (isSent) return;
      isSent = true;
      await page.waitForSelector("#plugins > tbody > tr");
      await route.fulfill({ contentType: "text/event-stream", body: text });
    });
  });
}

export const trouble = {
  /** A connection that dies without a word, and a daemon that has started again meanwhile and knows nothing of the numbers of before. */
  async silence(other) {
    const page = await open("/ui");
    await page.waitForSelector(LIVE);
    await force(page, "changes");
    await says(page, "changes", /✓\s*OK/);
    stall();
    way.daemon = other;
    change(true);
    const answer = await fetch(`${other}/processes?wait=60s`, { method: "POST", body: '{"process": {"plugins": ["changes"]}}' });
    assert.equal(answer.status, 200);
    await sleep(page);
    await says(page, "changes", /✖\s*ERROR/);
    await page.waitForSelector(LIVE);
  },

  /** A proxy that keeps the stream back: the page says that it is not live, and has the results all the same. */
  async buffered() {
    const page = await open("/ui", {}, (page) => page.route("**/events*", () => undefined));
    await says(page, "changes", /OK/);
    await page.waitForSelector(CUT);
    change(true);
    await force(page, "changes");
    await says(page, "changes", /✖\s*ERROR/);
    await page.waitForSelector(CUT);
  },

  /** A browser has six connections to a daemon: pages that nobody sees leave theirs. */
  async unseen() {
    const pages = [await open("/ui")];
    const count = 7;
    for (let number = 1; number < count; number++) {
      const page = await pages[0].context().newPage();
      await page.goto(pages[0].url());
      await page.waitForSelector("#plugins > tbody > tr");
      await page.waitForSelector(LIVE);
      await hide(page, true);
      await longAfter(page);
      pages.push(page);
    }
    const last = pages[count - 1];
    await hide(last, false);
    await last.waitForSelector(LIVE);
    change(true);
    await force(last, "changes");
    for (const page of [pages[0], last]) await says(page, "changes", /✖\s*ERROR/);
  },

  /** Events and answers that come in an order of their own. */
  async order() {
    const page = await open("/ui");
    await page.waitForSelector(LIVE);
    await says(page, "changes", /OK/);
    // An answer of before that comes after a newer result.
    let release;
    const held = new Promise((resolve) => (release = resolve));
    const asked = new Promise((resolve) =>
      page.route("**/plugins", async (route) => {
        const response = await route.fetch();
        const body = await response.json();
        body.plugins.items.push({ plugin: { ...body.plugins.items[0].plugin, name: "late" } });
        resolve();
        await held;
        await route.fulfill({ response, json: body });
      }),
    );
    cut(true);
    await asked;
    change(true);
    await force(page, "changes");
    await says(page, "changes", /✖\s*ERROR/);
    release();
    await line(page, "late").waitFor();
    assert.match(await line(page, "changes").innerText(), /✖\s*ERROR/);
  },

  /** A run that the end of the daemon has ended says nothing of its plugin; a burst of changes is read out whole. */
  async burst() {
    const burst = event(7000, "changes", "ERROR") + event(7001, "fine", "WARN") + event(7002, "soft", "ERROR", { changed: true });
    const page = await withEvents(event(6999, "fine", "ERROR", { interrupted: true, changed: false }) + burst);
    await until(page, "['changes: OK to ERROR', 'fine: OK to WARN', 'soft: OK to ERROR'].every((text) => document.getElementById('news').textContent.includes(text))");
    const other = await withEvents(event(7010, "fine", "ERROR", { interrupted: true, changed: false }) + event(7011, "changes", "WARN"));
    await says(other, "changes", /▲\s*WARN/);
    assert.match(await line(other, "fine").innerText(), /✓\s*OK/);
  },

  /** Names and results that no page may be harmed by. */
  async odd() {
    const page = await open("/ui");
    await force(page, "odd");
    await page.getByRole("button", { name: "odd", exact: true }).click();
    await page.waitForSelector(".details thead");
    const shown = await page.locator(".details").innerText();
    assert(!/[\u{e0000}-\u{e007f}\u202e]/u.test(shown) && shown.includes("\\u{e0041}"), shown);
    // Long names are within the screen of a phone.
    const phone = await open("/ui", PHONE);
    await phone.getByRole("button", { name: "odd", exact: true }).click();
    await phone.waitForSelector(".details thead");
    await fits(phone);
    await fits(await open("/ui/table", PHONE));
  },

  /** What the daemon alone knows: soft and hard results, runs that are left out. */
  async standing() {
    const page = await open("/ui");
    await page.waitForSelector(LIVE);
    change(true);
    await force(page, "parent");
    await says(page, "soft", /soft, attempt/);
    change(false);
    await says(page, "soft", /✓\s*OK(?![\s\S]*attempt)/);
    // Nothing is sent of a run that is left out.
    await says(page, "child", /\?\s*UNKNOWN[\s\S]*skipped/);
  },

  /** Without a mouse: what is used keeps the focus, and what is open goes on. */
  async focus() {
    const page = await open("/ui");
    await page.waitForSelector(LIVE);
    await page.getByRole("button", { name: "fine", exact: true }).click();
    const run = page.getByRole("button", { name: "Run now" });
    await page.waitForSelector(".details thead");
    const past = await page.locator(".details thead + tbody > tr").count();
    await run.focus();
    await page.keyboard.press("Enter");
    await page.waitForSelector(".details p strong");
    const focused = () => evaluate(page, "document.activeElement.textContent");
    await eventually(async () => assert.equal(await run.getAttribute("aria-disabled"), null));
    assert.equal(await focused(), "Run now");
    // Runs that others ask for come to the list of those of the past.
    await force(page, "fine");
    await eventually(async () => assert.equal(await page.locator(".details thead + tbody > tr").count(), past + 2));
  },
};
