import type { Clock } from "../clock.ts";
import { PushCliError } from "../errors.ts";
import type { AccessTokens } from "../token/ports.ts";
import type { Ledger } from "./ports.ts";

const FIRST_WAIT_MS = 100;
const MAX_WAIT_MS = 2000;

/** Waits out transient errors of Redis, and says what it is waiting for. */
export interface Patience {
  /** Why calls are waiting now. */
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
          // An API that is down is the breaker's concern.
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

/** A ledger that retries transient errors of Redis; `trouble` says why its calls are waiting. */
export interface PatientLedger extends Ledger {
  readonly trouble: string | undefined;
}

export function withPatience(ledger: Ledger, patience: Patience): PatientLedger {
  const { call } = patience;
  return {
    get trouble() {
      return patience.trouble;
    },
    get connections() {
      return ledger.connections;
    },
    claim: (...users) => call(() => ledger.claim(...users)),
    next: (openId, formId, errcode) => call(() => ledger.next(openId, formId, errcode)),
    settle: (settlements) => call(() => ledger.settle(settlements)),
    settleClearing: (settlement) => call(() => ledger.settleClearing(settlement)),
    release: (openIds) => call(() => ledger.release(openIds)),
    settleReturning: (settlement) => call(() => ledger.settleReturning(settlement)),
  };
}

/** The token is kept in the same Redis as the ledgers. */
export function tokensWithPatience(tokens: AccessTokens, { call }: Patience): AccessTokens {
  return {
    cached: () => tokens.cached(),
    current: () => call(() => tokens.current()),
    renew: (refused) => call(() => tokens.renew(refused)),
  };
}
