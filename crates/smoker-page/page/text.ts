// Text from plugins, and times, as people read them.

/** The most that is shown of one text; the rest has a link. */
export const SHOWN = 64 * 1024;

// Controls, and marks that change the direction or take no room.
const HARMFUL =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** The text with what could hide or turn round other text written as an escape, and cut to `limit` characters. */
export function visible(text: string, limit: number): string {
  const part = text.length > limit ? text.slice(0, limit) : text;
  const escaped = part.replace(HARMFUL, (mark) => {
    const code = mark.codePointAt(0)!;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
  return text.length > limit ? `${escaped}…` : escaped;
}

/** The beginning of a text, on one line. */
export function firstLine(text: string): string {
  const end = text.search(/\n./);
  return visible((end < 0 ? text : `${text.slice(0, end)} …`).trim(), 300);
}

/** A number of seconds in the two largest units that it needs. */
export function span(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}

/** A moment in the reader's time zone. */
export function moment(milliseconds: number): string {
  return Number.isFinite(milliseconds) ? new Date(milliseconds).toLocaleString(undefined, { hour12: false }) : "–";
}
