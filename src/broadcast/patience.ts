import type { Clock } from "../clock.ts";
import { PushCliError } from "../errors.ts";
import type { AccessTokens } from "../token/ports.ts";
import type { Ledger } from "./ports.ts";

const FIRST_WAIT_MS = 100;
const MAX_WAIT_MS = 2000;

/** What passes by itself is sat out, and what is being waited for can be told. */
export interface Patience {
  /** Why calls are held up now. */
  readonly trouble: string | undefined;
  /** Repeats a call that is safe to repeat. */
  call<T>(call: () => Promise<T>): Promise<T>;
}

/**
 * Repeats calls that Redis refuses for the time being (out of memory, a full disk, loading, a replica before its
 * promotion) until they succeed, for at most `limitMs` without a success.
 */
export function createPatience(clock: Clock, limitMs: number): Patience {
  let since: number | undefined;
  let trouble: string | undefined;
  return {
    get trouble() {
      return trouble;
    },
    call: async (call) => {
      for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, MAX_WAIT_MS)) {
        try {
          const result = await call();
          since = undefined;
          trouble = undefined;
          return result;
        } catch (error) {
          // An API that is away for the time being is the breaker's business.
          if (!(error instanceof PushCliError) || error.kind !== "redis" || !error.transient) throw error;
          since ??= clock.monotonic();
          if (clock.monotonic() - since > limitMs) throw error;
          trouble = error.message;
        }
        await clock.sleep(wait);
      }
    },
  };
}

/** A ledger with patience, and why its calls are held up. */
export interface PatientLedger extends Ledger {
  readonly trouble: string | undefined;
}

export function bePatient(ledger: Ledger, patience: Patience): PatientLedger {
  const { call } = patience;
  return {
    get trouble() {
      return patience.trouble;
    },
    claim: (openIds, sighting) => call(() => ledger.claim(openIds, sighting)),
    next: (openId, formId, errcode) => call(() => ledger.next(openId, formId, errcode)),
    settle: (settlements) => call(() => ledger.settle(settlements)),
    settleClearing: (settlement) => call(() => ledger.settleClearing(settlement)),
    release: (openIds) => call(() => ledger.release(openIds)),
    settleReturning: (settlement) => call(() => ledger.settleReturning(settlement)),
  };
}

/** The token lies in the same Redis as the ledgers. */
export function bePatientForTokens(tokens: AccessTokens, { call }: Patience): AccessTokens {
  return {
    cached: () => tokens.cached(),
    current: () => call(() => tokens.current()),
    renew: (refused) => call(() => tokens.renew(refused)),
  };
}
