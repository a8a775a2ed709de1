import type { Clock } from "../clock.ts";
import type { Verdict } from "./judge.ts";
import type { HookReply } from "./ports.ts";

const TRIES = 3;
/** For all attempts together: a command has nothing else left to do then. */
const TOTAL_MS = 10_000;
/** For one of them. */
const TRY_MS = 4000;
const BACKOFF_MS = 400;
/** An attempt with less time left is not begun. */
const MIN_MS = 500;

export interface Delivery {
  /** Sends once. Never rejects. */
  send(timeoutMs: number): Promise<HookReply>;
  judge(reply: HookReply): Verdict;
  clock: Pick<Clock, "monotonic" | "sleep">;
  /** Ends the waiting at once. */
  signal: AbortSignal;
}

/** How it went; `problem`: why it was not delivered, of the last attempt. */
export interface Delivered {
  tries: number;
  problem?: string;
}

/** Sends until it is taken, for ten seconds at most. Never rejects. */
export async function deliver({ send, judge, clock, signal }: Delivery): Promise<Delivered> {
  const endsAt = clock.monotonic() + TOTAL_MS;
  for (let tries = 1; ; tries++) {
    const leftMs = endsAt - clock.monotonic();
    const reply = await unlessAborted(send(Math.min(TRY_MS, leftMs)), signal);
    if (reply === undefined) return { tries, problem: "interrupted" };
    const verdict = judge(reply);
    if (verdict.ok) return { tries };
    const { problem, again, afterMs = 0 } = verdict;
    const waitMs = Math.max(afterMs, BACKOFF_MS * 3 ** (tries - 1));
    const isLate = clock.monotonic() + waitMs + MIN_MS > endsAt;
    if (!again || tries === TRIES || isLate) return { tries, problem };
    await clock.sleep(waitMs, signal);
    if (signal.aborted) return { tries, problem };
  }
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return undefined;
  let end = () => {};
  const aborted = new Promise<undefined>((resolve) => {
    end = () => resolve(undefined);
    signal.addEventListener("abort", end, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", end);
  }
}
