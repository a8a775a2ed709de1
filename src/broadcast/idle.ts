import type { Run } from "./run.ts";

/** Nobody is in hand but those held back until another answer comes, nobody is being claimed, and nobody is to be claimed again. */
function isIdle({ inHand, held, claiming, postponed }: Run): boolean {
  return inHand.size === held.length && claiming === 0 && postponed.size === 0;
}

/** As above, and the held ones are not held because of an outage. */
export function isThrough(run: Run): boolean {
  return isIdle(run) && !(run.held.length > 0 && run.breaker.isOpen);
}

/** Resolves once no claim is pending. */
export function allClaimed(run: Run): Promise<void> {
  return run.until(() => run.claiming === 0);
}

/** Resolves once nobody is at work, or the run is to stop. */
export function untilIdle(run: Run): Promise<void> {
  return run.until(() => run.signal.aborted || isIdle(run));
}
