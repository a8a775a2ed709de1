/** An hour: whoever asks for more does not mean a pause. */
const LONGEST_MS = 3_600_000;

/** `Retry-After`, seconds or an HTTP date, as ms from now; undefined for anything else. */
export function parseRetryAfter(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\s*\d+\s*$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(LONGEST_MS, Math.max(0, ms));
}
