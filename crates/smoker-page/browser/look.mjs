// Looks at the page of a running daemon with a real browser: node look.mjs SCENARIO ADDRESS FOLDER [TOKENS]
// The folder gets the pictures. tests/tests/daemon/api/page.rs boots the daemons.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { PHONE, accessible, browser, cut, evaluate, eventually, fits, folder, line, open, picture, proxy, until, way } from "./harness.mjs";
import { trouble } from "./trouble.mjs";

const [scenario, , , tokens = ""] = process.argv.slice(2);

const scenarios = {
  async fleet() {
    const page = await open("/");
    await page.waitForSelector("#live[data-state=live]");
    await eventually(async () => assert.equal(await page.locator("tbody > tr").count(), 4));
    await eventually(async () => assert.match(await page.locator("tbody > tr").first().innerText(), /UNREACHABLE/));
    await accessible(page, "the grid");
    await picture(page, "fleet");
    // A newer grid leaves a reader who has no mouse in the place.
    await evaluate(page, "void (document.querySelector('.grid a').focus(), document.querySelector('.grid td').textContent = 'old')");
    await until(page, "document.querySelector('.grid td').textContent !== 'old'");
    assert(await evaluate(page, "document.activeElement.matches('.grid a')"));
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
    const phone = await open("/", PHONE);
    await fits(phone);
    await phone.locator("tbody > tr").first().getByRole("link").click();
    await phone.waitForSelector("text=UNREACHABLE");
    await accessible(phone, "the page of a host that does not answer");
    await fits(phone);
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

    const phone = await open("/ui/", PHONE);
    await phone.waitForSelector("#plugins > tbody > tr");
    await phone.waitForSelector("#live[data-state=live]");
    await accessible(phone, "phone");
    await fits(phone);
    await picture(phone, "page-phone");

    // Without scripts.
    const bare = await open("/ui", { javaScriptEnabled: false });
    await bare.getByRole("link", { name: "The plugins as a table" }).click();
    await eventually(() => assert.match(bare.url(), /\/ui\/table$/));
    await eventually(async () => assert.equal(await bare.locator("main > table > tbody > tr").count(), 5));
    assert.equal(await bare.locator("main script, main img").count(), 0);
    const table = await open("/ui/table", PHONE);
    await accessible(table, "table");
    await fits(table);
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
    // What is no token at all is not taken, and keeps nobody out.
    await page.locator("#token").fill("smoker_„\u00a0x“");
    await page.keyboard.press("Enter");
    await until(page, "/no token/.test(document.getElementById('problem').textContent)");
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
    // What was used is gone; the focus is on what is there in its place.
    await until(other, "document.activeElement.textContent === 'End the silence'");
    await other.keyboard.press("Enter");
    await until(other, "/Its actions follow/.test(document.querySelector('.details').textContent)");
    await until(other, "document.activeElement.tagName === 'INPUT'");
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
  await { ...scenarios, ...trouble }[scenario](tokens);
} finally {
  await browser.close();
  cut(false);
  proxy.close();
}
