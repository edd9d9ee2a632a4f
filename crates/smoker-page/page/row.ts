// One plugin of the table: what is known of it, and its cells.

import { make, say } from "./dom";
import { strip } from "./plot";
import type { Past } from "./plot";
import { firstLine, moment, span } from "./text";
import { componentsOf, durationOf, messagesOf, startOf, statusOf } from "./wire";
import type { Entry, Plugin, Result, Status } from "./wire";

/** How many past results are kept of a plugin. */
const PAST = 100;

/** How far the clocks of the daemon are before UTC, in milliseconds, as far as results have said it. */
let zone = NaN;

const pastOf = (result: Result): Past => ({ status: statusOf(result), start: startOf(result), duration: durationOf(result) });

export class Row {
  readonly line = make("tr");
  readonly name: HTMLButtonElement;
  /** Oldest first. */
  past: Past[] = [];
  /** Whether `past` has what the daemon keeps. */
  isLoaded = false;
  /** Whether it is on the screen. */
  isVisible = false;
  isRunning = false;
  /** The number of the newest event of it. */
  touched = 0;
  private readonly state = make("span");
  private readonly standing = make("small");
  private readonly sinceCell = make("td");
  private readonly pastCell = make("td", { class: "wide" });
  private readonly durationCell = make("td", { class: "wide" });
  private readonly nextCell = make("td", { class: "wide" });
  private readonly message = make("bdi");

  constructor(
    public plugin: Plugin,
    public order: number,
  ) {
    this.name = make("button", { type: "button", class: "name", "aria-expanded": "false" });
    const first = [make("td", {}, this.state, this.standing), make("td", {}, this.name), this.sinceCell];
    this.line.append(...first, this.pastCell, this.durationCell, this.nextCell, make("td", {}, this.message));
    this.show();
  }

  get status(): Status {
    // What does not run says nothing of now.
    return this.plugin.skipped ? "UNKNOWN" : statusOf(this.plugin.lastResult);
  }

  /** When the plugin came into its status, and whether it may have been before that. */
  since(): [number, boolean] {
    if (this.plugin.skipped) return [Date.parse(this.plugin.skipped.since), false];
    const status = this.status;
    const at = this.past.map((past) => past.status !== status).lastIndexOf(true);
    return [this.past[at + 1]?.start ?? startOf(this.plugin.lastResult), at < 0];
  }

  parameter(key: string): string {
    const value = this.plugin.parameters[key];
    return value === undefined || value === null ? "" : String(value);
  }

  /** Everything that words are looked for in. */
  words(): string {
    const result = this.plugin.lastResult;
    const parts = [this.plugin.name, ...["Category", "Component", "Type"].map((key) => this.parameter(key))];
    for (const part of [result, ...componentsOf(result).map((component) => component.result)]) {
      parts.push(...messagesOf(part).map(([, text]) => text.slice(0, 4096)));
    }
    return parts.concat(componentsOf(result).map((component) => component.name)).join("\n").toLowerCase();
  }

  /** Takes what the daemon says of the plugin in an answer that was asked for after this many events: a result that came since is newer. */
  take(plugin: Plugin, asked: number): void {
    const { lastResult, nextRun } = this.plugin;
    this.plugin = this.touched > asked ? { ...plugin, lastResult, nextRun } : plugin;
  }

  /** Takes what the daemon keeps of the plugin. */
  load(plugin: Plugin, results: Result[], asked: number): void {
    this.take(plugin, asked);
    const kept = results.map(pastOf);
    const newest = kept[kept.length - 1]?.start ?? -Infinity;
    this.past = this.touched > asked ? [...kept, ...this.past.filter((past) => past.start > newest)] : kept;
    this.show();
  }

  /** Whether results alone do not say all that there is to say of it: that has to be asked for. */
  get isToBeAsked(): boolean {
    return ["Retries", "FlapThreshold", "Cron", "At", "Only"].some((key) => this.parameter(key) !== "");
  }

  /** Whether a run should have begun this many milliseconds ago. */
  isOverdue(by: number): boolean {
    return !this.isRunning && Date.now() - this.nextRun() > by;
  }

  /** Takes a result that has just come. */
  add(entry: Entry): void {
    this.isRunning = false;
    // The end of the daemon has ended it: it says nothing of what it checks.
    if (entry.interrupted) return this.show();
    this.plugin = { ...this.plugin, lastResult: entry.result };
    if (entry.trigger !== "force") delete this.plugin.skipped;
    if (this.plugin.state && entry.attempt && entry.trigger !== "force") this.plugin.attempt = entry.attempt;
    const interval = seconds(this.plugin.parameters.Interval);
    if (entry.trigger === "timer" && interval > 0) {
      this.plugin.nextRun = `${new Date(Date.parse(entry.planned) + interval * 1000).toISOString()}`;
    }
    if (this.past[this.past.length - 1]?.start !== startOf(entry.result)) this.past.push(pastOf(entry.result));
    this.past.splice(0, this.past.length - PAST);
    this.show();
  }

  /** Writes what has changed into the cells. */
  show(): void {
    const result = this.plugin.lastResult;
    const status = this.status;
    this.line.className = this.isRunning ? "running" : "";
    this.state.className = `state ${status}`;
    say(this.state, `${MARKS[status]} ${status}`);
    say(this.standing, standingOf(this.plugin));
    say(this.name, firstLine(this.plugin.name));
    const [start, isOlder] = this.since();
    say(this.sinceCell, Number.isFinite(start) ? span((Date.now() - start) / 1000) + (isOlder ? " or more" : "") : "–");
    this.sinceCell.title = moment(start);
    this.pastCell.replaceChildren(...(this.past.length > 0 ? [strip(this.past.slice(-40))] : []));
    say(this.durationCell, span(durationOf(result)));
    this.tick();
    const worst = messagesOf(result)[0] ?? componentsOf(result).filter((part) => part.status !== "OK").flatMap((part) => messagesOf(part.result))[0];
    const { skipped } = this.plugin;
    say(this.message, skipped ? firstLine(`skipped: ${skipped.reason}`) : result === null ? "has not run yet" : firstLine(worst?.[1] ?? ""));
  }

  /** Writes what changes with the time. */
  tick(): void {
    const next = this.nextRun();
    const left = (next - Date.now()) / 1000;
    say(this.nextCell, Number.isFinite(next) ? (left > 0 ? `in ${span(Math.ceil(left))}` : "now") : "on request");
  }

  /** The daemon says it in its own time zone, which the result shows beside UTC. */
  private nextRun(): number {
    const { nextRun, lastResult } = this.plugin;
    if (nextRun === null) return NaN;
    if (nextRun.endsWith("Z")) return Date.parse(nextRun);
    const own = typeof lastResult?.lastRun === "string" ? Date.parse(`${lastResult.lastRun}Z`) - startOf(lastResult) : NaN;
    // That of another plugin, where this one has not run yet.
    if (Number.isFinite(own)) zone = own;
    const offset = Number.isFinite(own) ? own : zone;
    return Number.isFinite(offset) ? Date.parse(`${nextRun}Z`) - offset : Date.parse(nextRun);
  }
}

/** What else there is to say of a plugin's state. */
function standingOf(plugin: Plugin): string {
  const soft = plugin.state === "soft" ? `soft, attempt ${plugin.attempt}` : "";
  return [soft, plugin.flapping ? "flapping" : "", plugin.silence ? "silenced" : ""].filter(Boolean).join(", ");
}

/** Beside the colour and the word, a shape. */
const MARKS: Record<Status, string> = { OK: "✓", WARN: "▲", ERROR: "✖", UNKNOWN: "?" };

/** An interval as it is configured. */
function seconds(value: unknown): number {
  if (typeof value === "number") return value;
  const parts = typeof value === "string" ? /^\s*([\d.]+)\s*([smhd]?)\s*$/.exec(value) : null;
  const unit = { "": 1, s: 1, m: 60, h: 3600, d: 86400 }[parts?.[2] ?? ""];
  return parts && unit ? Number(parts[1]) * unit : NaN;
}
