// Past results as pictures, each with a text that says the same.

import { draw } from "./dom";
import { moment, span } from "./text";
import { STATUSES } from "./wire";
import type { Status } from "./wire";

/** What pictures show of a past result. */
export interface Past {
  status: Status;
  start: number;
  duration: number;
}

const [CELL, HEIGHT] = [5, 18];

/** Lower where it is worse, so that the shape says it, too. */
const HEIGHTS = { OK: 6, WARN: 10, UNKNOWN: 14, ERROR: HEIGHT };

/** One bar a result, the newest at the right. */
export function strip(past: Past[]): SVGElement {
  const counts = STATUSES.map((status) => [past.filter((one) => one.status === status).length, status] as const);
  const text = counts.filter(([count]) => count > 0).map(([count, status]) => `${count} ${status}`);
  const svg = draw("svg", { role: "img", width: past.length * CELL, height: HEIGHT, "aria-label": `last ${past.length} results: ${text.join(", ")}` });
  past.forEach(({ status }, at) => {
    const height = HEIGHTS[status];
    svg.append(draw("rect", { class: status, x: at * CELL, y: HEIGHT - height, width: CELL - 1, height }));
  });
  return svg;
}

const [WIDTH, TALL, LEFT, BOTTOM] = [640, 140, 52, 18];

/** How long runs took, over the time; the spells in which the plugin was not OK are marked. */
export function durations(past: Past[]): SVGElement {
  const known = past.filter((one) => Number.isFinite(one.start) && Number.isFinite(one.duration));
  const [first, last] = [known[0]!.start, known[known.length - 1]!.start];
  const most = Math.max(...known.map((one) => one.duration), 1e-6);
  const x = (start: number) => LEFT + ((WIDTH - LEFT - 8) * (start - first)) / Math.max(last - first, 1);
  const y = (duration: number) => TALL - BOTTOM - ((TALL - BOTTOM - 8) * duration) / most;
  const svg = draw("svg", {
    role: "img",
    viewBox: `0 0 ${WIDTH} ${TALL}`,
    width: WIDTH,
    "aria-label": `durations of ${known.length} runs, at most ${span(most)}`,
  });
  known.forEach((one, at) => {
    const next = known[at + 1];
    if (one.status !== "OK" && next) {
      svg.append(draw("rect", { class: "spell", x: x(one.start), y: 0, width: Math.max(x(next.start) - x(one.start), 1), height: TALL - BOTTOM }));
    }
  });
  for (const one of known) {
    svg.append(draw("circle", { class: one.status, cx: x(one.start), cy: y(one.duration), r: 2.5 }));
  }
  const label = (at: number, height: number, text: string, anchor: string) =>
    svg.append(draw("text", { class: "axis", x: at, y: height, "text-anchor": anchor }, text));
  label(LEFT - 6, 14, span(most), "end");
  label(LEFT - 6, TALL - BOTTOM, "0", "end");
  label(LEFT, TALL - 4, moment(first), "start");
  label(WIDTH - 4, TALL - 4, moment(last), "end");
  return svg;
}
