// The page: all plugins of one daemon, live.

import { Refused, get, logIn, pathOf } from "./api";
import { Details } from "./details";
import { say, the } from "./dom";
import { Filters } from "./filters";
import { reason } from "./reason";
import { Row } from "./row";
import { follow } from "./stream";
import { span } from "./text";
import { STATUSES } from "./wire";
import type { Entry, PluginPage, PluginsPage } from "./wire";

/** A daemon that is well says something each 15 seconds. */
const QUIET = 20_000;

/** How often it is asked for silences, which are no events. */
const SILENCES = 30_000;

/** How many plugins are read at a time. */
const READERS = 4;

const rows = new Map<string, Row>();
const details = new Map<Row, Details>();
const changed = new Set<Row>();
const body = document.querySelector<HTMLTableSectionElement>("#plugins tbody")!;
const filters = new Filters(filter);
const seen = { last: 0, isCut: true };
let isLaidOut = false;
let numbers = 0;

// Only what is on the screen is read, so that a thousand plugins cost no more than thirty.
const unread: Row[] = [];
let readers = 0;
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const row = rows.get((entry.target as HTMLElement).dataset.plugin ?? "");
    if (entry.isIntersecting && row && !row.isLoaded) unread.push(row);
  }
  void readNext();
});

async function readNext(): Promise<void> {
  while (readers < READERS && unread.length > 0) {
    const row = unread.shift()!;
    if (row.isLoaded) continue;
    row.isLoaded = true;
    readers++;
    get<PluginPage>(pathOf(row.plugin.name))
      .then((page) => row.load(page.plugin, page.results.map((entry) => entry.result)))
      .catch(() => undefined)
      .finally(() => {
        readers--;
        void readNext();
      });
  }
}

/** Reads all plugins. */
async function load(): Promise<void> {
  const page = await get<PluginsPage>("/plugins");
  const before = new Map(rows);
  rows.clear();
  page.plugins.items.forEach(({ plugin }, order) => {
    const known = before.get(plugin.name);
    before.delete(plugin.name);
    if (known) {
      known.plugin = plugin;
      known.show();
      details.get(known)?.show();
    }
    rows.set(plugin.name, known ?? add(new Row(plugin, order)));
  });
  for (const row of before.values()) {
    fold(row);
    row.line.remove();
  }
  filters.offer([...rows.values()]);
  for (const id of ["filters", "plugins"]) the(id).hidden = false;
  the("problem").hidden = true;
  the("login").hidden = true;
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

function event(name: string, data: string): void {
  if (name === "result") {
    const entry = JSON.parse(data) as Entry & { changed: boolean; previous: string | null };
    const row = rows.get(entry.plugin);
    if (!row) return void load().catch(problem);
    row.add(entry);
    later(row);
    if (entry.changed) say(the("news"), `${row.plugin.name}: ${entry.previous ?? "new"} to ${row.status}`);
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

function tick(): void {
  const age = Date.now() - seen.last;
  const isCut = seen.isCut || age > QUIET;
  document.documentElement.classList.toggle("cut", isCut);
  const live = the("live");
  live.dataset.state = isCut ? "cut" : "live";
  const ago = seen.last ? `seen ${span(Math.max(Math.round(age / 1000), 0))} ago` : "not seen yet";
  say(live, isCut ? `cut off, ${ago}` : `live, ${ago}`);
  for (const row of rows.values()) if (!row.line.hidden) row.tick();
}

async function start(): Promise<void> {
  // The stream first: what happens while the plugins are read is not missed, and what comes twice is the same.
  let isFirst = true;
  const loading = () => load().catch(problem);
  void get<{ about: { host: string } }>("/").then(({ about }) => {
    say(the("host"), about.host);
    document.title = `${about.host} – Smoker`;
  }, problem);
  void follow({
    alive() {
      const wasCut = seen.isCut;
      [seen.last, seen.isCut] = [Date.now(), false];
      if (wasCut) tick();
      if (wasCut && !isFirst) void loading();
      isFirst = false;
    },
    event,
    cut(error) {
      seen.isCut = true;
      tick();
      if (error instanceof Refused) problem(error);
    },
  });
  await loading();
  setInterval(tick, 1000);
  setInterval(() => void readSilences().catch(() => undefined), SILENCES);
}

the<HTMLFormElement>("login").addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  logIn(the<HTMLInputElement>("token").value.trim());
  location.reload();
});

void start();
