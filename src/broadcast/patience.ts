import type { Clock } from "../clock.ts";
import { PushCliError } from "../errors.ts";
import type { Ledger } from "./ports.ts";

const FIRST_WAIT_MS = 100;
const MAX_WAIT_MS = 2000;

/** A ledger that sits out what passes by itself, and what it is waiting for. */
export interface PatientLedger extends Ledger {
  /** Why calls are held up now. */
  readonly trouble: string | undefined;
}

/**
 * Repeats calls that Redis refuses for the time being (out of memory, a full disk, loading, a replica before its
 * promotion) until they succeed, for at most `limitMs` without a success. All calls of a ledger are safe to repeat.
 */
export function bePatient(ledger: Ledger, clock: Clock, limitMs: number): PatientLedger {
  let since: number | undefined;
  let trouble: string | undefined;
  const patiently = async <T>(call: () => Promise<T>): Promise<T> => {
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, MAX_WAIT_MS)) {
      try {
        const result = await call();
        since = undefined;
        trouble = undefined;
        return result;
      } catch (error) {
        if (!(error instanceof PushCliError) || !error.transient) throw error;
        since ??= clock.monotonic();
        if (clock.monotonic() - since > limitMs) throw error;
        trouble = error.message;
      }
      await clock.sleep(wait);
    }
  };
  return {
    get trouble() {
      return trouble;
    },
    claim: (openIds, sighting) => patiently(() => ledger.claim(openIds, sighting)),
    next: (openId, formId, errcode) => patiently(() => ledger.next(openId, formId, errcode)),
    settle: (settlements) => patiently(() => ledger.settle(settlements)),
    release: (openIds) => patiently(() => ledger.release(openIds)),
    settleReturning: (settlement) => patiently(() => ledger.settleReturning(settlement)),
  };
}
