// Keeps the grid of a fleet fresh: takes the part that has changed from a newer page, and shows how old the answers are.

import { Moment } from "./clock";

/** How soon a newer page is asked for, in milliseconds. */
const EVERY = 2000;

let asked = new Moment();

function show(): void {
  const live = document.getElementById("live");
  const main = document.querySelector("main");
  if (!live || !main) return;
  if (!main.dataset.age) {
    // Before its first round has ended, it says how many hosts it asks.
    live.dataset.state = "connecting";
    live.textContent = "no answers yet";
    return;
  }
  const seconds = Number(main.dataset.age) + asked.age() / 1000;
  const isLive = seconds < Number(main.dataset.old);
  live.dataset.state = isLive ? "live" : "cut";
  live.textContent = `${isLive ? "live" : "cut"}, answers of ${seconds.toFixed(0)} s ago`;
  document.body.classList.toggle("cut", !isLive);
}

/** Takes the content of a part. What is the same stays, and with it what a reader has selected; the focus and the place stay, too. */
function take(main: Element, fresh: Element, part: string): void {
  const [own, other] = [main.querySelector(part), fresh.querySelector(part)];
  if (!own || !other || own.isEqualNode(other)) return;
  const focused = own.contains(document.activeElement) ? document.activeElement?.getAttribute("href") : null;
  own.replaceChildren(...[...other.childNodes].map((child) => document.adoptNode(child)));
  if (focused) [...own.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus({ preventScroll: true });
}

function ask(): void {
  const request = new XMLHttpRequest();
  request.open("GET", location.href);
  request.responseType = "document";
  request.timeout = 10_000;
  request.onload = () => {
    const fresh = request.status === 200 ? request.responseXML?.querySelector("main") : undefined;
    const old = document.querySelector("main");
    if (!fresh || !old) return;
    asked = new Moment();
    Object.assign(old.dataset, fresh.dataset);
    take(old, fresh, "[role=status]");
    take(old, fresh, ".grid");
    show();
  };
  request.onloadend = () => setTimeout(ask, EVERY);
  request.send();
}

show();
setInterval(show, 1000);
setTimeout(ask, EVERY);
