// What a row unfolds: messages, components, runs of the past, and a run on request.

import { ask, get, pathOf } from "./api";
import { make } from "./dom";
import { durations } from "./plot";
import { reason } from "./reason";
import type { Row } from "./row";
import { SilenceForm } from "./silence";
import { SHOWN, moment, span, visible } from "./text";
import { componentsOf, durationOf, measuresOf, messagesOf, startOf, statusOf } from "./wire";
import type { Entry, Result, Summary } from "./wire";

/** How soon the runs of the past are read again when there are newer ones, in milliseconds. */
const AGAIN = 3000;

export class Details {
  readonly line = make("tr", { class: "details" });
  private readonly cell = make("td", { colspan: 7 });
  private readonly outcome = make("p", { role: "status" });
  private readonly run = make("button", { type: "button" }, "Run now");
  private readonly result = make("div");
  private readonly silence: SilenceForm;
  private readonly history = make("div", {}, make("p", {}, "…"));
  private isRunning = false;
  /** Whether the runs of the past are read again soon. */
  private isStale = false;

  constructor(
    private readonly row: Row,
    id: string,
    changed: () => void,
  ) {
    this.line.id = id;
    this.silence = new SilenceForm(row, changed);
    this.run.addEventListener("click", () => void this.force());
    this.cell.append(this.result, make("p", {}, this.run), this.outcome, this.silence.element, this.history);
    this.line.append(this.cell);
    this.show();
    void this.load();
  }

  /** Writes the newest result. What is the same stays, and with it what a reader has selected. */
  show(): void {
    const result = this.row.plugin.lastResult;
    this.silence.show();
    const fresh = make("div", {}, ...facts(this.row), ...parts(result, this.row.plugin.name));
    if (!fresh.isEqualNode(this.result)) this.result.replaceChildren(...fresh.childNodes);
  }

  /** There are newer runs: they are read soon, once for all that come until then. */
  loadSoon(): void {
    if (this.isStale) return;
    this.isStale = true;
    setTimeout(() => {
      this.isStale = false;
      if (this.line.isConnected) void this.load();
    }, AGAIN);
  }

  /** Reads the runs of the past. */
  async load(): Promise<void> {
    const path = pathOf(this.row.plugin.name);
    try {
      const [runs, sums] = await Promise.all([
        get<{ results: Entry[] }>(`${path}/results?limit=500`),
        get<{ summary: Summary }>(`${path}/summary`),
      ]);
      this.history.replaceChildren(...past(runs.results, sums.summary));
    } catch (error) {
      this.history.replaceChildren(make("p", {}, reason(error)));
    }
  }

  private async force(): Promise<void> {
    if (this.isRunning) return;
    this.isRunning = true;
    // A button that is disabled loses the focus, and with it the place of a reader who has no mouse.
    this.run.setAttribute("aria-disabled", "true");
    this.outcome.textContent = "running …";
    const body = JSON.stringify({ process: { plugins: [this.row.plugin.name] } });
    try {
      let response = await ask("/processes?wait=60s", { method: "POST", body });
      const place = response.headers.get("Location");
      while (response.status === 202 && place) response = await ask(`${place}?wait=60s`);
      const page = (await response.json()) as { plugins: { items: { plugin: { forcedResult: Result } }[] } };
      const result = page.plugins.items[0]?.plugin.forcedResult ?? null;
      const [, text] = messagesOf(result)[0] ?? ["", ""];
      this.outcome.replaceChildren(
        "This run: ",
        make("strong", { class: statusOf(result) }, statusOf(result)),
        ` after ${span(durationOf(result))} `,
        make("bdi", {}, visible(text, 300)),
      );
    } catch (error) {
      this.outcome.textContent = reason(error);
    }
    this.isRunning = false;
    this.run.removeAttribute("aria-disabled");
    void this.load();
  }
}

function facts(row: Row): HTMLElement[] {
  const { plugin } = row;
  const result = plugin.lastResult;
  const list: [string, string][] = [["Last run", moment(startOf(result))]];
  const add = (name: string, value: unknown) => {
    if (value !== undefined && value !== null && value !== "") list.push([name, String(value)]);
  };
  add("Requested by", result?.triggeredBy ?? (result?.forced === true ? "a client" : undefined));
  if (plugin.skipped) add("Skipped", `${plugin.skipped.reason}; since ${moment(Date.parse(plugin.skipped.since))}`);
  add("Exit status", result?.exitStatus);
  add("Signal", result?.signal);
  for (const key of ["Category", "Component", "Type", "Command", "Module", "Interval", "Cron", "At", "DependsOn", "After"]) add(key, row.parameter(key));
  add("Measured", measuresOf(result));
  return [make("dl", {}, ...list.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, make("bdi", {}, visible(value, 1000)))]))];
}

function parts(result: Result | null, name: string): HTMLElement[] {
  const shown: HTMLElement[] = messages(result, name);
  const action = typeof result?.action === "object" ? (result.action as Result | null) : null;
  const rows = componentsOf(result).map((part): [string, Result] => [part.name, part.result]);
  if (action) rows.push(["action", action]);
  if (rows.length > 0) {
    const line = ([part, own]: [string, Result]) =>
      make(
        "tr",
        {},
        make("td", { class: `state ${statusOf(own)}` }, statusOf(own)),
        make("th", { scope: "row" }, make("bdi", {}, visible(part, 300))),
        make("td", {}, ...messages(own, name)),
      );
    shown.push(make("h2", {}, "Components"), make("table", {}, make("tbody", {}, ...rows.map(line))));
  }
  return shown;
}

function messages(result: Result | null, name: string): HTMLElement[] {
  const shown: HTMLElement[] = messagesOf(result).map(([level, text]) => {
    const style = level === "error" ? "ERROR" : level === "warn" ? "WARN" : "";
    return make("pre", { class: style }, visible(text, SHOWN));
  });
  const cut = messagesOf(result).some(([, text]) => text.length > SHOWN);
  if (cut) shown.push(make("p", {}, make("a", { href: pathOf(name) }, "All of it, as JSON")));
  return shown;
}

function past(entries: Entry[], summary: Summary): HTMLElement[] {
  if (entries.length === 0) return [make("p", {}, "No runs of the past are kept.")];
  const share = summary.availability === null ? "–" : `${(summary.availability * 100).toFixed(2)} %`;
  const sums: [string, string][] = [
    ["Runs", `${summary.runs}, ${summary.failures} of them in ERROR and ${summary.warnings} in WARN`],
    ["Availability", `${share}, ${summary.flaps} changes between good and bad`],
  ];
  if (summary.duration) sums.push(["Duration", `${span(summary.duration.mean)} on average, 95 % within ${span(summary.duration.p95)}`]);
  const spell = summary.longestBadSpell;
  if (spell) {
    const end = spell.to === null ? "goes on" : `until ${moment(Date.parse(spell.to))}`;
    sums.push(["Longest bad spell", `${span(spell.seconds)} from ${moment(Date.parse(spell.from))}, ${end}, ${spell.runs} runs`]);
  }
  const points = entries
    .map(({ result }) => ({ status: statusOf(result), start: startOf(result), duration: durationOf(result) }))
    .filter((point) => Number.isFinite(point.start) && Number.isFinite(point.duration))
    .reverse();
  const line = ({ started, trigger, triggeredBy, result }: Entry) =>
    make(
      "tr",
      {},
      make("td", {}, moment(Date.parse(started))),
      make("td", { class: `state ${statusOf(result)}` }, statusOf(result)),
      make("td", {}, span(durationOf(result))),
      make("td", {}, make("bdi", {}, visible(triggeredBy ? `${trigger}: ${triggeredBy}` : trigger, 200))),
      make("td", {}, make("bdi", {}, visible(messagesOf(result)[0]?.[1] ?? "", 200))),
    );
  const heads = ["Started", "Status", "Duration", "Why", "Message"].map((head) => make("th", { scope: "col" }, head));
  return [
    make("h2", {}, "Runs of the past"),
    make("dl", {}, ...sums.flatMap(([name, text]) => [make("dt", {}, name), make("dd", {}, text)])),
    ...(points.length > 1 ? [make("div", {}, durations(points))] : []),
    make("table", {}, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...entries.slice(0, 50).map(line))),
  ];
}
