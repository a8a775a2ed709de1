import type { Breaker, Failure } from "./breaker.ts";
import type { EngineDeps, EngineOptions } from "./engine-options.ts";
import type { SendAnswer } from "./ports.ts";
import type { StopReason } from "./stop.ts";

/** Stands for the recipient of a probe that sends to nobody. */
export const NOBODY = { excused: 0, isSuspect: false, onceOnly: false };

/** What the gate needs from its run. */
export interface Gated {
  readonly breaker: Breaker;
  readonly signal: AbortSignal;
  readonly deps: Pick<EngineDeps, "clock" | "tokens" | "sender" | "log">;
  readonly options: Pick<EngineOptions, "maxOutageMs" | "maxAttempts">;
  readonly fed: boolean;
  readonly inHand: { readonly size: number };
  /** Requests without an answer yet. */
  readonly inFlight: number;
  stop(reason: StopReason): void;
  changed(): void;
}

/** An answer as the breaker takes it. */
export function failureOf(answer: SendAnswer): Failure {
  return { reason: reasonOf(answer), page: answer.page, hint: answer.hint };
}

export function reasonOf({ errcode, errmsg }: SendAnswer): string {
  return errcode === undefined ? errmsg : `errcode ${errcode}: ${errmsg}`;
}
