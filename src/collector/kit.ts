import { messageOf, PushCliError } from "../errors.ts";
import { TooLate, type Within } from "./deadlines.ts";
import type { Journal } from "./journal.ts";
import type { Metrics } from "./metrics.ts";
import type { CollectorOptions, Limits } from "./options.ts";
import { unavailable } from "./refusal.ts";

/** What all routes need. */
export interface Kit {
  options: CollectorOptions;
  limits: Limits;
  metrics: Metrics;
  journal: Journal;
  within: Within;
  /** One Redis operation, which may take up to `redisMs`. Throws 503 `redis_unavailable`. */
  askRedis: AskRedis;
}

export type AskRedis = <T>(work: () => Promise<T>, mostMs?: number) => Promise<T>;

/** For Retry-After: about the time of a Redis restart. */
const RETRY_AFTER_SEC = 5;

export function askRedisWith({ limits, metrics, journal, within }: Omit<Kit, "askRedis">): AskRedis {
  let isUp: boolean | undefined;
  const note = (up: boolean) => {
    if (up !== isUp) metrics.redisUp.set(up ? 1 : 0);
    isUp = up;
  };
  const fail = (error: unknown): never => {
    if (!isOutage(error)) throw error;
    note(false);
    journal.write("warn", "redis", { message: messageOf(error) });
    throw unavailable("redis_unavailable", "Redis does not answer; nothing was lost", RETRY_AFTER_SEC);
  };
  return (work, mostMs = limits.redisMs) =>
    within(Math.min(mostMs, limits.redisMs), work()).then((answer) => {
      note(true);
      return answer;
    }, fail);
}

function isOutage(error: unknown): boolean {
  return error instanceof TooLate || (error instanceof PushCliError && error.kind === "redis");
}
