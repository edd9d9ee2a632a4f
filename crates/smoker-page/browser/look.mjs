// Looks at the page of a running daemon with a real browser: node look.mjs SCENARIO ADDRESS FOLDER [TOKENS]
// The folder gets the pictures. tests/tests/daemon/api/page.rs boots the daemons.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { connect, createServer } from "node:net";
import { chromium } from "playwright-core";

const [scenario, daemon, folder, tokens = ""] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const browser = await chromium.launch({
  executablePath: ["/usr/bin/chromium", "/usr/bin/chromium-headless-shell"].find((path) => existsSync(path)),
  args: ["--no-sandbox", "--disable-dev-shm-usage", "--js-flags=--expose-gc"],
});

/** A way to the daemon that can be cut. */
const way = { sockets: new Set(), isOpen: true };
const proxy = createServer((near) => {
  const { hostname, port } = new URL(daemon);
  const far = connect(port, hostname);
  for (const [socket, other] of [[near, far], [far, near]]) {
    way.sockets.add(socket);
    socket.on("error", () => other.destroy());
    socket.on("close", () => (way.sockets.delete(socket), other.destroy()));
    socket.pipe(other);
  }
  if (!way.isOpen) near.destroy();
});
await new Promise((listens) => proxy.listen(0, "127.0.0.1", listens));
const address = `http://127.0.0.1:${proxy.address().port}`;

/** Ends all connections, and those to come unless the way stays open. */
function cut(staysOpen) {
  way.isOpen = staysOpen;
  for (const socket of way.sockets) socket.destroy();
}

/** A page that fails the test when it asks another origin, or when its policy stops something. */
async function open(path, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ignoreHTTPSErrors: true, ...options });
  context.setDefaultTimeout(100_000);
  const page = await context.newPage();
  page.on("request", (request) => {
    const url = new URL(request.url());
    assert(url.protocol === "data:" || url.origin === new URL(address).origin, `a request to ${request.url()}`);
  });
  page.on("pageerror", (error) => assert.fail(`an error in the page: ${error}`));
  page.on("console", (message) => assert(!/Content Security Policy|Trusted/.test(message.text()), message.text()));
  await page.goto(`${address}${path}`);
  return page;
}

/** The value of an expression, or of the promise that it is. Playwright's own way is `eval`, which the policy of the page forbids. */
async function evaluate(page, expression) {
  const session = await page.context().newCDPSession(page);
  const options = { expression, awaitPromise: true, returnByValue: true };
  const { result, exceptionDetails } = await session.send("Runtime.evaluate", options);
  await session.detach();
  assert.equal(exceptionDetails, undefined, expression.slice(0, 200));
  return result.value;
}

/** Waits until an expression is true. */
async function until(page, expression, seconds = 100) {
  const end = Date.now() + seconds * 1000;
  while (!(await evaluate(page, expression))) {
    assert(Date.now() < end, `not within ${seconds} s: ${expression}`);
    await new Promise((wake) => setTimeout(wake, 20));
  }
}

/** Waits until nothing that `check` asserts fails: what a click or a key sets off is not there at once. */
async function eventually(check, seconds = 100) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((wake) => setTimeout(wake, 20));
    }
  }
}

async function accessible(page, what) {
  const found = await evaluate(page, `${axe}; axe.run().then(({ violations }) => violations.map((one) =>
    ({ id: one.id, help: one.help, nodes: one.nodes.map((node) => node.html.slice(0, 200)) })))`);
  assert.deepEqual(found, [], `axe, ${what}`);
}

const line = (page, plugin) => page.locator("#plugins > tbody > tr", { has: page.getByRole("button", { name: plugin, exact: true }) }).first();
const picture = (page, name) => page.screenshot({ path: `${folder}/${name}.png` });

const scenarios = {
  async fleet() {
    const page = await open("/");
    await page.waitForSelector("#live[data-state=live]");
    await eventually(async () => assert.equal(await page.locator("tbody > tr").count(), 4));
    await eventually(async () => assert.match(await page.locator("tbody > tr").first().innerText(), /UNREACHABLE/));
    await accessible(page, "the grid");
    await picture(page, "fleet");
    // It goes on by itself, and shows when it does not.
    await evaluate(page, "void (document.querySelector('main').dataset.age = '')");
    await until(page, "document.querySelector('main').dataset.age !== ''");
    cut(false);
    await evaluate(page, "void (document.querySelector('main').dataset.old = '0')");
    await page.waitForSelector("#live[data-state=cut]");
    way.isOpen = true;
    await page.waitForSelector("#live[data-state=live]");
    await page.locator("tbody > tr").nth(1).getByRole("link").click();
    await page.waitForSelector("text=ERROR");
    await accessible(page, "the page of a host");
  },

  async page() {
    const page = await open("/");
    await page.waitForSelector("#plugins > tbody > tr");
    await eventually(async () => assert.equal(await page.locator("#plugins > tbody > tr").count(), 5));
    await eventually(async () => assert.match(await page.title(), /Smoker$/));
    // What is not OK comes first; colour is never alone.
    await eventually(async () => assert.match(await page.locator("#plugins > tbody > tr").first().innerText(), /✖\s*ERROR/));
    await page.waitForSelector("#live[data-state=live]");
    await eventually(async () => assert.match(await page.locator("#live").innerText(), /live, seen .* ago/));
    await page.waitForSelector("#plugins svg");

    // What plugins print stays text, however it looks.
    assert.equal(await page.locator("#plugins script, #plugins img, #plugins b").count(), 0);
    assert.equal(await evaluate(page, "window.pwned"), undefined);
    const hostile = await line(page, "hostile").innerText();
    assert(hostile.includes("<script>") && !/[\u001b\u202e]/.test(hostile), hostile);

    // By keyboard alone.
    await page.getByRole("button", { name: "hostile", exact: true }).focus();
    await page.keyboard.press("Enter");
    await page.waitForSelector(".details h2");
    await eventually(async () => assert.equal(await page.getByRole("button", { name: "hostile", exact: true }).getAttribute("aria-expanded"), "true"));
    const unfolded = await page.locator(".details").innerText();
    assert(unfolded.includes("All of it, as JSON") && unfolded.length < 300_000 && !/[\u001b\u202e]/.test(unfolded));
    await page.keyboard.press("Enter");
    await eventually(async () => assert.equal(await page.locator(".details").count(), 0));

    // A run on request, with its result in place.
    await page.getByRole("button", { name: "disk", exact: true }).click();
    await page.getByRole("button", { name: "Run now" }).click();
    await page.waitForSelector(".details p strong");
    await eventually(async () => assert.match(await page.locator(".details").innerText(), /This run: WARN after/));
    await page.waitForSelector(".details thead");
    await eventually(async () => assert.match(await page.locator(".details").innerText(), /Availability[\s\S]*force: /));
    await accessible(page, "unfolded");
    await picture(page, "page-light");

    // Filters; the address keeps them.
    await page.locator("#words").fill("91% used");
    await eventually(async () => assert.equal(await page.locator("#plugins > tbody > tr:not([hidden]):not(.details)").count(), 1));
    await eventually(() => assert.match(page.url(), /#words=91/));
    // A link to other plugins that is followed here counts at once, and so does the way back.
    await evaluate(page, "void (location.hash = 'words=quiet')");
    await eventually(async () => assert.equal(await page.locator("#words").inputValue(), "quiet"));
    await eventually(async () => assert.equal(await page.locator("#plugins > tbody > tr:not([hidden]):not(.details)").count(), 1));
    await evaluate(page, "void history.back()");
    await eventually(async () => assert.equal(await page.locator("#words").inputValue(), "91% used"));
    await page.waitForSelector("#live[data-state=live]");
    await page.locator("#words").fill("");
    await page.locator("#category").selectOption("system");
    await eventually(async () => assert.match(await page.locator("#count").innerText(), /^1 of 5 plugins$/));
    await page.locator("#category").selectOption("");

    // A change comes by itself, and a screen reader is told.
    const began = Date.now();
    writeFileSync(`${folder}/changes`, "broken\n");
    await evaluate(page, "fetch('/processes', { method: 'POST', body: JSON.stringify({ process: { plugins: ['changes'] } }) })");
    await until(page, "document.getElementById('news').textContent.includes('changes: OK to ERROR')");
    await eventually(async () => assert.match(await line(page, "changes").innerText(), /✖\s*ERROR/));
    console.log(`a change was seen after ${Date.now() - began} ms`);

    // Without the daemon the page says so, and comes back by itself.
    cut(false);
    await page.waitForSelector("#live[data-state=cut]");
    await eventually(async () => assert(await evaluate(page, "document.documentElement.classList.contains('cut')")));
    way.isOpen = true;
    await page.waitForSelector("#live[data-state=live]");

    const dark = await open("/ui", { colorScheme: "dark" });
    await dark.waitForSelector("#plugins svg");
    await accessible(dark, "dark");
    await picture(dark, "page-dark");

    const phone = await open("/ui/", { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
    await phone.waitForSelector("#plugins > tbody > tr");
    await phone.waitForSelector("#live[data-state=live]");
    await accessible(phone, "phone");
    await eventually(async () => assert(await evaluate(phone, "document.documentElement.scrollWidth <= innerWidth"), "nothing is beyond the edge"));
    await picture(phone, "page-phone");

    // Without scripts.
    const bare = await open("/ui", { javaScriptEnabled: false });
    await bare.getByRole("link", { name: "The plugins as a table" }).click();
    await eventually(() => assert.match(bare.url(), /\/ui\/table$/));
    await eventually(async () => assert.equal(await bare.locator("main > table > tbody > tr").count(), 5));
    assert.equal(await bare.locator("main script, main img").count(), 0);
    const table = await open("/ui/table");
    await accessible(table, "table");
  },

  async login() {
    const page = await open("/ui");
    await page.waitForSelector("#login:not([hidden])");
    await accessible(page, "login");
    const [reader, administrator] = tokens.split(",");
    const logIn = async (page, token) => {
      await page.locator("#token").fill(token);
      await page.keyboard.press("Enter");
      await page.waitForSelector("#plugins > tbody > tr");
    };
    await logIn(page, reader);
    await eventually(async () => assert.equal(await page.locator("#login").isVisible(), false));
    // The role read may not run anything; the daemon's reason is shown.
    await page.getByRole("button", { name: "disk", exact: true }).click();
    await page.getByRole("button", { name: "Run now" }).click();
    await until(page, "/role/.test(document.querySelector('.details [role=status]').textContent)");

    // An administrator silences it, and ends the silence.
    const other = await open("/ui");
    await logIn(other, administrator);
    await other.getByRole("button", { name: "disk", exact: true }).click();
    await other.getByLabel("Reason").fill("<b>deploy</b>");
    await accessible(other, "silence");
    await other.getByRole("button", { name: "Silence", exact: true }).click();
    await until(other, "/silenced/.test(document.querySelector('#plugins small').parentElement.parentElement.parentElement.textContent)");
    const said = other.locator(".details", { hasText: "Nobody is told" });
    await said.waitFor();
    await eventually(async () => assert.match(await said.innerText(), /<b>deploy<\/b>/));
    await other.getByRole("button", { name: "End the silence" }).click();
    await until(other, "/Its actions follow/.test(document.querySelector('.details').textContent)");
  },

  /** An hour of 60 plugins that run each minute, in seconds. */
  async hour() {
    const page = await open("/ui");
    await page.waitForSelector("#plugins > tbody > tr");
    const heap = () => evaluate(page, "gc(), gc(), performance.memory.usedJSHeapSize");
    const result = (number) => {
      const start = new Date(1_800_000_000_000 + number * 1000).toISOString();
      const own = { status: number % 7 ? "OK" : "WARN", messages: { info: [`run ${number} ${"x".repeat(300)}`] }, lastRunUtc: start, duration: 0.1 };
      const data = { sequence: number, plugin: ["disk", "changes", "fine"][number % 3], trigger: "timer", planned: start, started: start, changed: number % 7 < 2, previous: "OK", result: own };
      return `id: ${number}\nevent: result\ndata: ${JSON.stringify(data)}\n\n`;
    };
    const body = Array.from({ length: 3600 }, (_, number) => result(number + 1)).join("");
    // Each time that the page connects again: the daemon itself has no result of these numbers and would have it begin from its own.
    await page.route("**/events*", (route) => route.fulfill({ contentType: "text/event-stream", body }));
    cut(true);
    await until(page, "/run (3598|3599|3600)/.test(document.querySelector('#plugins').textContent)");
    const used = await heap();
    assert(used < 30e6, `${used} bytes`);
    console.log(`an hour's stream leaves ${Math.round(used / 1e5) / 10} MB`);
  },
};

try {
  await scenarios[scenario]();
} finally {
  await browser.close();
  cut(false);
  proxy.close();
}
