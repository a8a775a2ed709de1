import type { Clock } from "../clock.ts";

const BASE_MS = 200;
const MAX_MS = 10_000;

/** How long to wait before attempt `attempts + 1`, ms: exponential, with jitter so that retries don't come in waves. */
export function backoffMs(attempts: number, clock: Clock): number {
  const full = Math.min(MAX_MS, BASE_MS * 2 ** Math.max(0, attempts - 1));
  return full / 2 + (full / 2) * clock.random();
}
