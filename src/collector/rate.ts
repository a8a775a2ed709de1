import type { Clock } from "../clock.ts";
import { BoundedMap } from "./bounded-map.ts";
import { RequestRefused } from "./refusal.ts";

const MINUTE_MS = 60_000;
/** If there are more users in one minute, the count of the first ones restarts from 0. */
const KEPT_USERS = 100_000;

/** Counts a request of a user; throws 429 when the user exceeds the limit in the current minute. */
export type RateLimit = (openId: string) => void;

/** Minutes are fixed, and counted in memory: with several processes, each counts separately. */
export function limitRate(mostPerMinute: number, clock: Clock): RateLimit {
  const counts = new BoundedMap<{ requests: number }>(KEPT_USERS);
  let minuteStartMs = clock.monotonic();
  return (openId) => {
    const nowMs = clock.monotonic();
    if (nowMs >= minuteStartMs + MINUTE_MS) {
      minuteStartMs = nowMs;
      counts.clear();
    }
    const count = counts.get(openId);
    if (count === undefined) counts.set(openId, { requests: 1 });
    else if (count.requests >= mostPerMinute) throw tooMany(mostPerMinute, minuteStartMs + MINUTE_MS - nowMs);
    else count.requests++;
  };
}

function tooMany(most: number, waitMs: number): RequestRefused {
  const message = `the user has sent more than ${most} requests in a minute`;
  return new RequestRefused(429, "too_many_requests", message, {
    "retry-after": String(Math.max(1, Math.ceil(waitMs / 1000))),
  });
}
