// The daemon's events. `EventSource` cannot send a token, so the answer is read here, as the HTML standard has it.

import { ask } from "./api";

export interface Listener {
  /** Anything came, also a heartbeat. */
  alive(): void;
  event(name: string, data: string): void;
  /** The stream has ended; it is opened again. */
  cut(reason: unknown): void;
}

const PAUSES = [500, 1000, 2000, 5000];

/** Follows events for ever, behind the last one that was seen. */
export async function follow(listener: Listener): Promise<never> {
  let since = "";
  for (let failures = 0; ; failures++) {
    try {
      const response = await ask(since ? `/events?since=${since}` : "/events");
      failures = 0;
      since = await read(response, since, listener);
      listener.cut(null);
    } catch (error) {
      listener.cut(error);
    }
    // Between half of the pause and all of it: pages that were cut together do not come again together.
    const pause = PAUSES[Math.min(failures, PAUSES.length - 1)]! * (0.5 + Math.random() / 2);
    await new Promise((wake) => setTimeout(wake, pause));
  }
}

async function read(response: Response, begin: string, listener: Listener): Promise<string> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let [since, name, data, rest] = [begin, "", "", ""];
  listener.alive();
  for (;;) {
    let part: ReadableStreamReadResult<string>;
    try {
      part = await reader.read();
    } catch {
      return since;
    }
    if (part.done) return since;
    listener.alive();
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
