import type { HttpAnswer } from "./exchange.ts";

/** Less would be no pause, and more than 5 minutes is no quota that passes: then it is asked again after that time. */
const LEAST_MS = 1000;
const MOST_MS = 300_000;

/**
 * The ms to wait that an answer asks for by `Retry-After` (RFC 9110 section 10.2.3: seconds, or a date), bounded. A date
 * goes by the server's own clock, its `Date`; without that, or when it is not understood, undefined.
 */
export function readRetryAfter({
  retryAfter,
  date,
}: Pick<HttpAnswer, "retryAfter" | "date">): number | undefined {
  if (retryAfter === undefined) return undefined;
  const text = retryAfter.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.parse(date ?? "");
  return Number.isNaN(ms) ? undefined : Math.min(MOST_MS, Math.max(LEAST_MS, ms));
}
