import type { HttpAnswer } from "./exchange.ts";

/**
 * Less would not be a pause; and a quota that takes more than 5 minutes is not temporary: it is tried again after that
 * time.
 */
const MIN_MS = 1000;
const MAX_MS = 300_000;

/**
 * The time in ms to wait that an answer requests by `Retry-After` (RFC 9110 section 10.2.3: seconds, or a date),
 * bounded. A date is relative to the server's own clock, its `Date`; undefined without that, or when it can't be parsed.
 */
export function readRetryAfter({
  retryAfter,
  date,
}: Pick<HttpAnswer, "retryAfter" | "date">): number | undefined {
  if (retryAfter === undefined) return undefined;
  const text = retryAfter.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.parse(date ?? "");
  return Number.isNaN(ms) ? undefined : Math.min(MAX_MS, Math.max(MIN_MS, ms));
}
