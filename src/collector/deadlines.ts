import type { Clock } from "../clock.ts";

/** The operation took too long. It may still be carried out. */
export class TooLate extends Error {
  constructor(ms: number) {
    super(`no answer within ${Math.round(ms)} ms`);
    this.name = "TooLate";
  }
}

/** The result of `work`, or `TooLate` after `ms`, accurate to 50 ms. */
export type Within = <T>(ms: number, work: Promise<T>) => Promise<T>;

const LOOK_EACH_MS = 50;

interface Waiting {
  dueMs: number;
  giveUp(): void;
}

/**
 * Deadlines of many operations, with one timer for all: a timer and a signal for each cost more than the rest of a
 * report, and almost none of them ever fires. The timer runs only while an operation is pending.
 */
export function makeDeadlines(clock: Clock): Within {
  const waiting = new Set<Waiting>();
  let isLooking = false;
  const look = async () => {
    isLooking = true;
    while (waiting.size > 0) {
      await clock.sleep(LOOK_EACH_MS);
      const nowMs = clock.monotonic();
      for (const one of waiting) if (one.dueMs <= nowMs) one.giveUp();
    }
    isLooking = false;
  };
  return <T>(ms: number, work: Promise<T>) =>
    new Promise<T>((resolve, reject) => {
      const one = {
        dueMs: clock.monotonic() + ms,
        giveUp: () => {
          waiting.delete(one);
          reject(new TooLate(ms));
        },
      };
      waiting.add(one);
      work.then(
        (value) => {
          waiting.delete(one);
          resolve(value);
        },
        (error) => {
          waiting.delete(one);
          reject(error);
        },
      );
      if (!isLooking) void look();
    });
}
