// Requests to the daemon that has sent the page, and to no other.

/** Why a request has failed, as the daemon says it. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const KEY = "smoker.token";

// A browser may refuse to keep anything; then the token lasts as long as the page.
let token: string | null = null;
try {
  token = sessionStorage.getItem(KEY);
} catch {
  // See above.
}

/** Takes a token, unless it cannot be one: a browser sends no header with other characters. */
export function logIn(given: string): boolean {
  if (!/^[!-~]+$/.test(given)) return false;
  token = given;
  try {
    sessionStorage.setItem(KEY, given);
  } catch {
    // See above.
  }
  return true;
}

export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (token !== null) headers.Authorization = `Bearer ${token}`;
  if (init.body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(path, { ...init, headers, cache: "no-store", redirect: "error" });
  if (response.ok) return response;
  const body: unknown = await response.json().catch(() => null);
  const said = (body as { message?: unknown } | null)?.message;
  throw new Refused(response.status, typeof said === "string" && said ? said : `The daemon answered ${response.status}.`);
}

export async function get<T>(path: string): Promise<T> {
  return (await (await ask(path)).json()) as T;
}

export function pathOf(plugin: string): string {
  return `/plugins/${encodeURIComponent(plugin)}`;
}
