// Which plugins are shown. The address of the page has it, so that it can be kept and sent.

import { make, say, the } from "./dom";
import type { Row } from "./row";
import { STATUSES } from "./wire";
import type { Status } from "./wire";

const KEYS = ["category", "component", "type"] as const;

export class Filters {
  private readonly boxes = new Map<Status, [HTMLInputElement, HTMLElement]>();
  private readonly words = the<HTMLInputElement>("words");

  constructor(changed: () => void) {
    const address = new URLSearchParams(location.hash.slice(1));
    const wanted = address.get("status")?.split(",") ?? STATUSES;
    for (const status of STATUSES) {
      const box = make("input", { type: "checkbox", checked: wanted.includes(status) });
      const count = make("span");
      this.boxes.set(status, [box, count]);
      the("statuses").append(make("label", { class: status }, box, ` ${status} `, count));
    }
    this.words.value = address.get("words") ?? "";
    for (const key of KEYS) {
      const value = address.get(key);
      the(key).append(make("option", { value: "" }, "all"));
      if (value) the(key).append(make("option", { value, selected: true }, value));
    }
    const form = the<HTMLFormElement>("filters");
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => {
      this.keep();
      changed();
    });
    // A link to other plugins that is followed from here changes the address alone. What is typed here sets off no such event.
    addEventListener("hashchange", () => location.reload());
  }

  /** Offers the values that plugins have. */
  offer(rows: Row[]): void {
    for (const key of KEYS) {
      const select = the<HTMLSelectElement>(key);
      const values = new Set(rows.map((row) => row.parameter(parameter(key))).filter(Boolean));
      const chosen = select.value;
      if (chosen) values.add(chosen);
      const sorted = [...values].sort();
      // A list that somebody has opened stays open.
      if (sorted.length + 1 === select.options.length && sorted.every((value, at) => select.options[at + 1]?.value === value)) continue;
      const options = sorted.map((value) => make("option", { value, selected: value === chosen }, value));
      select.replaceChildren(make("option", { value: "" }, "all"), ...options);
    }
  }

  /** Shows the rows that are wanted, and how many there are of each status. */
  apply(rows: Iterable<Row>, hide: (row: Row, hidden: boolean) => void): void {
    const counts = new Map(STATUSES.map((status) => [status, 0]));
    const words = this.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = KEYS.map((key) => [parameter(key), the<HTMLSelectElement>(key).value] as const).filter(([, value]) => value);
    let [shown, all] = [0, 0];
    for (const row of rows) {
      const status = row.status;
      counts.set(status, counts.get(status)! + 1);
      const fits =
        this.boxes.get(status)![0].checked &&
        chosen.every(([key, value]) => row.parameter(key) === value) &&
        (words.length === 0 || words.every((word) => row.words().includes(word)));
      hide(row, !fits);
      all++;
      if (fits) shown++;
    }
    for (const [status, [, count]] of this.boxes) say(count, String(counts.get(status)));
    say(the("count"), shown === all ? `${all} plugins` : `${shown} of ${all} plugins`);
  }

  private keep(): void {
    const address = new URLSearchParams();
    const wanted = STATUSES.filter((status) => this.boxes.get(status)![0].checked);
    if (wanted.length < STATUSES.length) address.set("status", wanted.join(","));
    if (this.words.value) address.set("words", this.words.value);
    for (const key of KEYS) {
      const value = the<HTMLSelectElement>(key).value;
      if (value) address.set(key, value);
    }
    history.replaceState(null, "", `#${address}`);
  }
}

function parameter(key: string): string {
  return key[0]!.toUpperCase() + key.slice(1);
}
