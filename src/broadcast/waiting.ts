import type { Breaker } from "./breaker.ts";
import type { Run } from "./run.ts";

/** Why a run sends nothing now, when that is so; in the words of a live line. */
export function whyWaiting({ pacer, deps, breaker, waitingFor, signal }: Run): string | undefined {
  const pause = pacer.pauseEnd - deps.clock.now();
  if (signal.aborted) return "stopping";
  if (pause > 0) return `minute quota: waiting ${Math.ceil(pause / 1000)} s`;
  if (breaker.isOpen) return whyDown(breaker);
  if (deps.ledger.trouble !== undefined) return `waiting: ${deps.ledger.trouble}`;
  if (waitingFor !== undefined) return `waiting for a ${waitingFor}`;
  return deps.pulse.fresh ? undefined : "Redis does not answer: waiting";
}

function whyDown({ downMs, untilTryMs, failure }: Breaker): string {
  const next = untilTryMs > 0 ? `next try in ${Math.ceil(untilTryMs / 1000)} s` : "trying again";
  return `API down for ${Math.round(downMs / 1000)} s: ${failure.reason}; ${next}`;
}
