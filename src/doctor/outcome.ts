import type { Clock } from "../clock.ts";
import { messageOf, PushCliError } from "../errors.ts";

/** Why there is no answer. */
export interface Trouble {
  problem: string;
  hint?: string | undefined;
  ms: number;
}

/** What came of a question; that it failed, or took too long, is a fact as well. */
export type Outcome<T> = { value: T; ms: number } | Trouble;

/** Asks a question within the deadline of a check; never rejects. `signal` is aborted when the deadline has passed. */
export type Ask = <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<Outcome<T>>;

export function createAsk(clock: Clock, timeoutMs: number): Ask {
  return async (work) => {
    const begunMs = clock.monotonic();
    const took = () => Math.round((clock.monotonic() - begunMs) * 10) / 10;
    const late = new AbortController();
    const over = new AbortController();
    const deadline = clock.sleep(timeoutMs, over.signal).then((): never => {
      late.abort();
      throw new PushCliError("timeout", `no answer within ${timeoutMs / 1000} s`, {
        hint: "--timeout sets how long each check may take, e.g. --timeout 30s",
      });
    });
    try {
      return { value: await Promise.race([work(late.signal), deadline]), ms: took() };
    } catch (error) {
      return { ...troubleOf(error), ms: took() };
    } finally {
      over.abort();
      // Rejected when it was not needed any more.
      deadline.catch(() => undefined);
    }
  };
}

function troubleOf(error: unknown): Omit<Trouble, "ms"> {
  const problem = messageOf(error);
  if (!(error instanceof PushCliError)) return { problem };
  const details = error.details.length > 0 ? `: ${error.details.join("; ")}` : "";
  return { problem: `${problem}${details}`, hint: error.hint };
}
