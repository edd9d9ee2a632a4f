// A real browser, and a way to a running daemon that can be cut, for the scenarios of look.mjs.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { connect, createServer } from "node:net";
import { chromium } from "playwright-core";

const [, daemon, directory] = process.argv.slice(2);

/** Where pictures and the files that plugins read are. */
export const folder = directory;

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const browser = await chromium.launch({
  executablePath: ["/usr/bin/chromium", "/usr/bin/chromium-headless-shell"].find((path) => existsSync(path)),
  args: ["--no-sandbox", "--disable-dev-shm-usage", "--js-flags=--expose-gc"],
});

/** A way to the daemon that can be cut, and lead to another one. */
export const way = { sockets: new Set(), isOpen: true, daemon };
export const proxy = createServer((near) => {
  const { hostname, port } = new URL(way.daemon);
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
export const address = `http://127.0.0.1:${proxy.address().port}`;

/** Ends all connections, and those to come unless the way stays open. */
export function cut(staysOpen) {
  way.isOpen = staysOpen;
  for (const socket of way.sockets) socket.destroy();
}

/** Nothing goes through the connections that there are, and nobody says so: as after a sleep, or behind a router that has forgotten them. */
export function stall() {
  for (const socket of way.sockets) {
    socket.unpipe();
    socket.pause();
  }
}

/** A page that fails the test when it asks another origin, or when its policy stops something. */
export async function open(path, options = {}, prepare = async () => {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ignoreHTTPSErrors: true, ...options });
  context.setDefaultTimeout(100_000);
  const page = await context.newPage();
  page.on("request", (request) => {
    const url = new URL(request.url());
    assert(url.protocol === "data:" || url.origin === new URL(address).origin, `a request to ${request.url()}`);
  });
  page.on("pageerror", (error) => assert.fail(`an error in the page: ${error}`));
  page.on("console", (message) => assert(!/Content Security Policy|Trusted/.test(message.text()), message.text()));
  await prepare(page);
  await page.goto(`${address}${path}`);
  return page;
}

/** The value of an expression, or of the promise that it is. Playwright's own way is `eval`, which the policy of the page forbids. */
export async function evaluate(page, expression) {
  const session = await page.context().newCDPSession(page);
  const options = { expression, awaitPromise: true, returnByValue: true };
  const { result, exceptionDetails } = await session.send("Runtime.evaluate", options);
  await session.detach();
  assert.equal(exceptionDetails, undefined, expression.slice(0, 200));
  return result.value;
}

/** Waits until an expression is true. */
export async function until(page, expression, seconds = 100) {
  const end = Date.now() + seconds * 1000;
  while (!(await evaluate(page, expression))) {
    assert(Date.now() < end, `not within ${seconds} s: ${expression}`);
    await new Promise((wake) => setTimeout(wake, 20));
  }
}

/** Waits until nothing that `check` asserts fails: what a click or a key sets off is not there at once. */
export async function eventually(check, seconds = 100) {
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

export async function accessible(page, what) {
  const found = await evaluate(page, `${axe}; axe.run().then(({ violations }) => violations.map((one) =>
    ({ id: one.id, help: one.help, nodes: one.nodes.map((node) => node.html.slice(0, 200)) })))`);
  assert.deepEqual(found, [], `axe, ${what}`);
}

/** Nothing is beyond the edge of the screen. `innerWidth` would grow with what is: a phone shows such a page smaller. */
export const fits = (page) =>
  eventually(async () => assert(await evaluate(page, "document.documentElement.scrollWidth <= document.documentElement.clientWidth"), "something is beyond the edge"));

export const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

export const line = (page, plugin) => page.locator("#plugins > tbody > tr", { has: page.getByRole("button", { name: plugin, exact: true }) }).first();
export const picture = (page, name) => page.screenshot({ path: `${folder}/${name}.png` });

/** Forces a run by the daemon's interface, from the page. */
export const force = (page, plugin) =>
  evaluate(page, `fetch('/processes?wait=60s', { method: 'POST', body: JSON.stringify({ process: { plugins: ['${plugin}'] } }) }).then((answer) => answer.text())`);
