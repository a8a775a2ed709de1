import type { Clock } from "../clock.ts";

/** What was waited for took too long. It may still happen. */
export class TooLate extends Error {
  constructor(ms: number) {
    super(`no answer within ${Math.round(ms)} ms`);
    this.name = "TooLate";
  }
}

/** What `work` comes to, or `TooLate` after `ms`. */
export async function within<T>(ms: number, clock: Clock, work: Promise<T>): Promise<T> {
  const ended = new AbortController();
  const late = clock.sleep(ms, ended.signal).then(() => {
    throw new TooLate(ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    ended.abort();
  }
}
