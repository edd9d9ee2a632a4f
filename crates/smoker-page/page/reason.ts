// Why a request has failed, for people.

import { Refused } from "./api";

export function reason(error: unknown): string {
  if (error instanceof Refused) return error.message;
  return "The daemon cannot be reached.";
}
