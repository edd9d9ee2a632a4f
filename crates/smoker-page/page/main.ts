// The page: all plugins of one daemon, live.

import { Refused, get, logIn, pathOf } from "./api";
import { Moment } from "./clock";
import { Details } from "./details";
import { say, the } from "./dom";
import { Filters } from "./filters";
import { reason } from "./reason";
import { Row } from "./row";
import { QUIET, Stream } from "./stream";
import { firstLine, span } from "./text";
import { STATUSES } from "./wire";
import type { Entry, PluginPage, PluginsPage } from "./wire";

/** How often it is asked for silences: who sees some plugins only gets no events of those that hold others, too. */
const SILENCES = 30_000;

/** How often all plugins are read while no events come. */
const WITHOUT_EVENTS = 15_000;

/** How often all plugins are read while some have not run when they should have: runs that are left out are no events. */
const OVERDUE = 30_000;

/** From when on a run is overdue, in milliseconds. */
const LATE = 5000;

/** How long changes of status are collected, so that one does not take another one's place before it is read out, and how many are told. */
const NEWS = 700;
const TOLD = 8;

/** How many plugins are read at a time. */
const READERS = 4;

const rows = new Map<string, Row>();
const details = new Map<Row, Details>();
const changed = new Set<Row>();
const body = document.querySelector<HTMLTableSectionElement>("#plugins tbody")!;
const filters = new Filters(filter);
let seen: Moment | null = null;
let isCut = true;
/** Whether no connection for events was there yet. */
let isFirst = true;
/** Why the daemon refuses its events. */
let refusal: unknown = null;
let isLaidOut = false;
let numbers = 0;
/** How many events have come. */
let events = 0;
/** When all plugins were asked for. */
let asked = new Moment();

// Only what is on the screen is read, so that a thousand plugins cost no more than thirty.
const unread: Row[] = [];
let readers = 0;
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const row = rows.get((entry.target as HTMLElement).dataset.plugin ?? "");
    if (!row) continue;
    row.isVisible = entry.isIntersecting;
    if (row.isVisible && !row.isLoaded) unread.push(row);
  }
  readNext();
});

function readNext(): void {
  while (readers < READERS && unread.length > 0) {
    const row = unread.shift()!;
    if (row.isLoaded) continue;
    const before = events;
    row.isLoaded = true;
    readers++;
    get<PluginPage>(pathOf(row.plugin.name))
      .then((page) => {
        row.load(page.plugin, page.results.map((entry) => entry.result), before);
        later(row);
      })
      // It is read again when the daemon is back.
      .catch(() => (row.isLoaded = false))
      .finally(() => {
        readers--;
        readNext();
      });
  }
}

/** Reads a plugin again, at once or when it comes to the screen. */
function readAgain(row: Row): void {
  row.isLoaded = false;
  if (row.isVisible) unread.push(row);
  readNext();
}

let loading: Promise<void> | null = null;
let isStale = false;

/** Reads all plugins. What is asked for meanwhile is one more reading behind it: answers could come in another order. */
function load(): Promise<void> {
  isStale = true;
  loading ??= (async () => {
    try {
      while (isStale) {
        isStale = false;
        await loadOnce();
      }
    } finally {
      loading = null;
    }
  })();
  return loading;
}

async function loadOnce(): Promise<void> {
  asked = new Moment();
  const count = events;
  const page = await get<PluginsPage>("/plugins");
  if (isCut) seen = new Moment();
  const before = new Map(rows);
  rows.clear();
  page.plugins.items.forEach(({ plugin }, order) => {
    const known = before.get(plugin.name);
    before.delete(plugin.name);
    if (known) {
      known.take(plugin, count);
      known.order = order;
      known.show();
      details.get(known)?.show();
    }
    rows.set(plugin.name, known ?? add(new Row(plugin, order)));
  });
  for (const row of before.values()) {
    fold(row);
    watcher.unobserve(row.line);
    row.line.remove();
  }
  filters.offer([...rows.values()]);
  for (const id of ["filters", "plugins"]) the(id).hidden = false;
  the("login").hidden = true;
  if (refusal) problem(refusal);
  else the("problem").hidden = true;
  arrange();
  filter();
}

function add(row: Row): Row {
  row.line.dataset.plugin = row.plugin.name;
  row.name.addEventListener("click", () => (details.has(row) ? fold(row) : unfold(row)));
  watcher.observe(row.line);
  return row;
}

function unfold(row: Row): void {
  const id = `details-${++numbers}`;
  const own = new Details(row, id, () => void load().catch(problem));
  details.set(row, own);
  row.line.after(own.line);
  row.name.setAttribute("aria-expanded", "true");
  row.name.setAttribute("aria-controls", id);
}

function fold(row: Row): void {
  details.get(row)?.line.remove();
  details.delete(row);
  row.name.setAttribute("aria-expanded", "false");
  row.name.removeAttribute("aria-controls");
}

function filter(): void {
  filters.apply(rows.values(), (row, hidden) => {
    row.line.hidden = hidden;
    const own = details.get(row);
    if (own) own.line.hidden = hidden;
  });
}

/** What is not OK first, then as it is configured. A row in which somebody is at work stays where it is. */
function arrange(): void {
  const rank = (row: Row) => STATUSES.indexOf(row.status);
  const sorted = [...rows.values()].sort((a, b) => rank(a) - rank(b) || a.order - b.order);
  if (!isLaidOut) {
    body.append(...sorted.map((row) => row.line));
    isLaidOut = true;
    return;
  }
  const isBusy = (row: Row) => row.line.contains(document.activeElement) || details.get(row)?.line.contains(document.activeElement);
  let next: Element | null = null;
  for (const row of sorted.reverse()) {
    const own = details.get(row)?.line;
    const last = own ?? row.line;
    if ((last.nextElementSibling !== next || !row.line.isConnected) && !isBusy(row)) {
      body.insertBefore(row.line, next);
      if (own) body.insertBefore(own, next);
    }
    if (row.line.parentElement === body) next = row.line;
  }
}

/** Once for all that comes within a frame. */
function later(row: Row): void {
  if (changed.size === 0) requestAnimationFrame(showChanges);
  changed.add(row);
}

function showChanges(): void {
  const statuses = [...changed];
  changed.clear();
  for (const row of statuses) {
    row.show();
    details.get(row)?.show();
  }
  arrange();
  filter();
}

const news: string[] = [];

/** Has a screen reader say a change of status. */
function tell(text: string): void {
  if (news.length === 0) setTimeout(showNews, NEWS);
  news.push(text);
}

function showNews(): void {
  const others = news.length > TOLD ? [`and ${news.length - TOLD} more`] : [];
  say(the("news"), news.splice(0).slice(0, TOLD).concat(others).join("; "));
}

function event(name: string, data: string): void {
  events++;
  if (name === "result") {
    const entry = JSON.parse(data) as Entry & { changed: boolean; previous: string | null };
    const row = rows.get(entry.plugin);
    if (!row) return void load().catch(problem);
    row.touched = events;
    row.add(entry);
    later(row);
    details.get(row)?.loadSoon();
    if (row.isToBeAsked) readAgain(row);
    if (entry.changed) tell(`${firstLine(row.plugin.name)}: ${entry.previous ?? "new"} to ${row.status}`);
  } else if (name === "start") {
    const row = rows.get((JSON.parse(data) as { plugin: string }).plugin);
    if (row) {
      row.isRunning = true;
      later(row);
    }
  } else {
    void load().catch(problem);
  }
}

let silences = "";

/** Reads the plugins again when others have made or ended silences. */
async function readSilences(): Promise<void> {
  if (document.hidden) return;
  const page = await get<{ silences: { id: number }[] }>("/silences");
  const ids = page.silences.map(({ id }) => id).join();
  const isNew = ids !== silences;
  silences = ids;
  if (isNew) await load();
}

function problem(error: unknown): void {
  const isUnknown = error instanceof Refused && error.status === 401;
  say(the("problem"), reason(error));
  the("problem").hidden = false;
  the("login").hidden = !isUnknown;
}

const stream = new Stream({
  alive() {
    const [wasCut, wasFirst] = [isCut, isFirst];
    [seen, isCut, isFirst, refusal] = [new Moment(), false, false, null];
    if (!wasCut) return;
    tick();
    if (!wasFirst) comeBack();
  },
  event,
  cut(error) {
    isCut = true;
    refusal = error instanceof Refused ? error : null;
    tick();
    if (refusal) problem(refusal);
  },
});

/** Reads everything again behind a gap: what went on then, and what was not read because of it, is not known. */
function comeBack(): void {
  for (const row of rows.values()) {
    [row.isRunning, row.isLoaded] = [false, false];
    details.get(row)?.loadSoon();
    // It says again which rows are on the screen.
    watcher.unobserve(row.line);
    watcher.observe(row.line);
  }
  void load().catch(problem);
}

function tick(): void {
  stream.check();
  const age = seen?.age() ?? 0;
  const isGrey = isCut || age > QUIET;
  document.documentElement.classList.toggle("cut", isGrey);
  const live = the("live");
  live.dataset.state = isGrey ? "cut" : "live";
  const seconds = Math.round(age / 1000);
  const ago = seen ? `seen ${seconds < 60 ? `${seconds} s` : span(seconds)} ago` : "not seen yet";
  say(live, isGrey ? `cut off, ${ago}` : `live, ${ago}`);
  let isLate = false;
  for (const row of rows.values()) {
    if (!row.line.hidden) row.tick();
    isLate ||= row.isOverdue(LATE);
  }
  const wait = isGrey ? WITHOUT_EVENTS : isLate ? OVERDUE : Infinity;
  // While the daemon is away the sign of life says so; it need not be said twice.
  if (!document.hidden && asked.age() > wait) void load().catch((error) => error instanceof Refused && problem(error));
}

async function start(): Promise<void> {
  void get<{ about: { host: string } }>("/").then(({ about }) => {
    say(the("host"), about.host);
    document.title = `${about.host} – Smoker`;
  }, problem);
  // The stream first: what happens while the plugins are read is not missed.
  void stream.follow();
  await load().catch(problem);
  setInterval(tick, 1000);
  setInterval(() => void readSilences().catch(() => undefined), SILENCES);
}

the<HTMLFormElement>("login").addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  if (logIn(the<HTMLInputElement>("token").value.trim())) location.reload();
  else problem(new Refused(401, "This is no token: it has characters that no token has."));
});

void start();
