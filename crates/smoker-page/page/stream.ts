// The daemon's events. `EventSource` cannot send a token, so the answer is read here, as the HTML standard has it.

import { ask } from "./api";
import { Moment } from "./clock";

export interface Listener {
  /** Anything came, also a heartbeat. */
  alive(): void;
  event(name: string, data: string): void;
  /** The stream has ended; it is opened again. */
  cut(reason: unknown): void;
}

/** A daemon that is well says something each 15 seconds. */
export const QUIET = 20_000;

/** How long a page that nobody sees keeps its stream: a browser has six connections to a daemon, for all of its pages. */
const UNSEEN = 60_000;

const PAUSES = [500, 1000, 2000, 5000];

export class Stream {
  private stop = new AbortController();
  /** When this connection was begun, or anything came through it. */
  private heard = new Moment();
  private unseen: Moment | null = null;

  constructor(private readonly listener: Listener) {}

  /** Follows events for ever, behind the last one that was seen. */
  async follow(): Promise<never> {
    let since = "";
    for (let failures = 0; ; failures++) {
      while (document.hidden) await new Promise((wake) => addEventListener("visibilitychange", wake, { once: true }));
      [this.stop, this.heard] = [new AbortController(), new Moment()];
      try {
        const response = await ask(since ? `/events?since=${since}` : "/events", { signal: this.stop.signal });
        // What stands between the two may answer with a page of its own.
        if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) throw new Error("no events");
        failures = 0;
        since = await this.read(response, since);
        this.listener.cut(null);
      } catch (error) {
        this.listener.cut(error);
      }
      // Between half of the pause and all of it: pages that were cut together do not come again together.
      const pause = PAUSES[Math.min(failures, PAUSES.length - 1)]! * (0.5 + Math.random() / 2);
      await new Promise((wake) => setTimeout(wake, pause));
    }
  }

  /**
   * Ends a connection through which nothing comes any more, and that of a page which nobody sees. Nobody else ends the first one: after a sleep
   * of the machine, or behind a proxy that is gone, the other side knows nothing of it.
   */
  check(): void {
    this.unseen = document.hidden ? (this.unseen ?? new Moment()) : null;
    if (this.heard.age() > QUIET || (this.unseen && this.unseen.age() > UNSEEN)) this.stop.abort();
  }

  private async read(response: Response, begin: string): Promise<string> {
    const { listener } = this;
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let [since, name, data, rest] = [begin, "", "", ""];
    const alive = () => {
      this.heard = new Moment();
      listener.alive();
    };
    alive();
    for (;;) {
      let part: ReadableStreamReadResult<string>;
      try {
        part = await reader.read();
      } catch {
        return since;
      }
      if (part.done) return since;
      alive();
      const lines = (rest + part.value).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const at = line.indexOf(":");
        const [field, value] = [line.slice(0, at), line.slice(at + 1).replace(/^ /, "")];
        if (line === "") {
          if (name) listener.event(name, data);
          [name, data] = ["", ""];
        } else if (field === "id") since = value;
        else if (field === "event") name = value;
        else if (field === "data") data += value;
      }
    }
  }
}
