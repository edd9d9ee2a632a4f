// What the daemon answers, as far as the page reads it. A plugin may give anything inside of a result.

export type Status = "OK" | "WARN" | "ERROR" | "UNKNOWN";

/** Worst first, as they are listed. */
export const STATUSES: readonly Status[] = ["ERROR", "UNKNOWN", "WARN", "OK"];

export interface Result {
  status?: unknown;
  messages?: unknown;
  lastRun?: unknown;
  lastRunUtc?: unknown;
  duration?: unknown;
  componentResults?: unknown;
  exitStatus?: unknown;
  signal?: unknown;
  forced?: unknown;
  triggeredBy?: unknown;
  action?: unknown;
  perfdata?: unknown;
}

export interface Plugin {
  name: string;
  lastResult: Result | null;
  nextRun: string | null;
  parameters: Record<string, unknown>;
  forcedResult?: Result | null;
  state?: string;
  attempt?: number;
  flapping?: boolean;
  skipped?: { since: string; parent: string; reason: string };
  silence?: { id: number; by: string; reason: string; until: string };
}

export interface PluginsPage {
  plugins: { items: { plugin: Plugin }[] };
}

export interface PluginPage {
  plugin: Plugin;
  results: { result: Result }[];
}

export interface Entry {
  sequence: number;
  plugin: string;
  trigger: string;
  triggeredBy?: string;
  planned: string;
  started: string;
  attempt?: number;
  interrupted?: boolean;
  result: Result;
}

export interface Summary {
  runs: number;
  failures: number;
  warnings: number;
  availability: number | null;
  duration: { mean: number; p95: number } | null;
  longestBadSpell: { from: string; to: string | null; seconds: number; runs: number } | null;
  flaps: number;
}

/** What is no status is never taken for OK. */
export function statusOf(result: Result | null | undefined): Status {
  const status = result?.status;
  return status === "OK" || status === "WARN" || status === "ERROR" ? status : "UNKNOWN";
}

/** What a run measured, in words. */
export function measuresOf(result: Result | null): string {
  const list: unknown[] = Array.isArray(result?.perfdata) ? result.perfdata : [];
  const data = list.filter((datum): datum is { label?: unknown; value?: unknown; unit?: unknown } => typeof datum === "object" && datum !== null);
  return data.map(({ label, value, unit }) => `${label}=${value}${unit ?? ""}`).join(", ");
}

/** When the run of a result started, in milliseconds since 1970; NaN where the daemon does not say it. */
export function startOf(result: Result | null | undefined): number {
  return typeof result?.lastRunUtc === "string" ? Date.parse(result.lastRunUtc) : NaN;
}

export function durationOf(result: Result | null | undefined): number {
  return typeof result?.duration === "number" ? result.duration : NaN;
}

export interface Component {
  name: string;
  status: Status;
  result: Result;
}

/** The components of a result, which are a list or a mapping. */
export function componentsOf(result: Result | null): Component[] {
  const parts = result?.componentResults;
  if (typeof parts !== "object" || parts === null) return [];
  const list: [string, unknown][] = Array.isArray(parts)
    ? parts.map((part) => ["", (part as { componentResult?: unknown } | null)?.componentResult])
    : Object.entries(parts);
  return list.map(([key, part]) => {
    const own = (typeof part === "object" && part !== null ? part : {}) as Result & { name?: unknown };
    return { name: own.name === undefined ? key : String(own.name), status: statusOf(own), result: own };
  });
}

/** The messages of a result or a component, each with its level, the worst level first. */
export function messagesOf(result: Result | null): [string, string][] {
  const messages = result?.messages;
  if (typeof messages !== "object" || messages === null) return [];
  const rank = (level: string) => ["error", "warn"].indexOf(level) >>> 0;
  const levels = Object.entries(messages).sort(([a], [b]) => rank(a) - rank(b));
  return levels.flatMap(([level, texts]) =>
    (Array.isArray(texts) ? texts : texts === null ? [] : [texts]).map((text): [string, string] => [
      level,
      typeof text === "string" ? text : JSON.stringify(text),
    ]),
  );
}
