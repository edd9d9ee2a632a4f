// Keeps the grid of a fleet fresh: takes the part that has changed from a newer page, and shows how old the answers are.

export {};

/** How soon a newer page is asked for, in milliseconds. */
const EVERY = 2000;

let asked = performance.now();

function show(): void {
  const live = document.getElementById("live");
  const main = document.querySelector("main");
  if (!live || !main?.dataset.age) return;
  const seconds = Number(main.dataset.age) + (performance.now() - asked) / 1000;
  const isLive = seconds < Number(main.dataset.old);
  live.dataset.state = isLive ? "live" : "cut";
  live.textContent = `${isLive ? "live" : "cut"}, answers of ${seconds.toFixed(0)} s ago`;
  document.body.classList.toggle("cut", !isLive);
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
    asked = performance.now();
    // What is the same stays, and with it what a reader has selected.
    if (fresh.textContent === old.textContent) Object.assign(old.dataset, fresh.dataset);
    else old.replaceWith(document.adoptNode(fresh));
    show();
  };
  request.onloadend = () => setTimeout(ask, EVERY);
  request.send();
}

show();
setInterval(show, 1000);
setTimeout(ask, EVERY);
