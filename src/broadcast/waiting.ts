import type { Breaker } from "./breaker.ts";
import type { Pacer } from "./pacer.ts";
import type { Run } from "./run.ts";

/** Why a run is not sending at the moment, as shown in the live line; undefined when it is. */
export function whyWaiting({
  pacer,
  deps,
  breaker,
  waitingFor,
  signal,
  timing,
  renewing,
  inFlight,
  inHand,
  postponed,
}: Run): string | undefined {
  if (signal.aborted) return "stopping";
  if (timing.waiting !== undefined) return timing.waiting;
  if (pacer.pauseLeftMs > 0) return describePause(pacer);
  if (breaker.isOpen) return whyDown(breaker);
  if (deps.ledger.trouble !== undefined) return `waiting: ${deps.ledger.trouble}`;
  if (waitingFor !== undefined) return `waiting for a ${waitingFor}`;
  if (renewing > 0 && inFlight === 0) return "waiting for an access token";
  if (postponed.size > 0 && inHand.size === 0)
    return `waiting for another broadcast, which is sending to ${postponed.size} of the users`;
  return deps.pulse.fresh ? undefined : "Redis does not answer: waiting";
}

function whyDown({ downMs, untilTryMs, failure }: Breaker): string {
  const next = untilTryMs > 0 ? `next try in ${Math.ceil(untilTryMs / 1000)} s` : "trying again";
  return `API down for ${Math.round(downMs / 1000)} s: ${failure.reason}; ${next}`;
}

function describePause({ pauseLeftMs, ratePerSec }: Pacer): string {
  const then =
    ratePerSec === Number.POSITIVE_INFINITY ? "" : `, then ${Math.max(1, Math.round(ratePerSec * 60))}/m`;
  return `quota used up: waiting ${Math.ceil(pauseLeftMs / 1000)} s${then}`;
}
