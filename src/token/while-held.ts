import { PushCliError } from "../errors.ts";
import type { HeldLock } from "./ports.ts";

/**
 * Runs `work` and releases the lock; an error of `work` takes precedence over one of the release: the lock expires by
 * itself.
 */
export async function whileHeld<T>(lock: HeldLock, work: () => Promise<T>): Promise<T> {
  const [outcome] = await Promise.allSettled([work()]);
  const [release] = await Promise.allSettled([lock.release()]);
  if (outcome.status === "rejected") throw outcome.reason;
  if (release.status === "rejected") throw release.reason;
  return outcome.value;
}

/** For a refresh that another process does not finish in time. */
export function lockedError(appid: string, lock: string, waitMs: number): PushCliError {
  return new PushCliError(
    "locked",
    `another process has been refreshing the token of "${appid}" for ${waitMs / 1000} s`,
    {
      hint: `try again: its lock, ${lock}, expires by itself if its holder has died`,
    },
  );
}
