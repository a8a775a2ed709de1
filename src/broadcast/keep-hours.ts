import { claimLater } from "./feeder.ts";
import type { InHand } from "./in-hand.ts";
import type { Run } from "./run.ts";
import { deadlineReached, stopReasonOf } from "./stop.ts";

/** How often the wall clock is looked at: it may be set, and timers stand still while a machine sleeps. */
const LOOK_MS = 1000;
const RELEASE_BATCH = 64;

/**
 * Stops the run at its deadline, and lets it rest in quiet hours: whoever was claimed and not sent to goes back, to be
 * claimed again afterwards, so that no code expires in the run's hands. Ends when the signal aborts. Never rejects.
 */
export async function keepHours(run: Run, ended: AbortSignal): Promise<void> {
  const { timing, deps } = run;
  if (timing.untilNextMs === Number.POSITIVE_INFINITY) return;
  const over = AbortSignal.any([ended, run.signal]);
  while (!over.aborted) {
    if (timing.isPastDeadline) return run.stop(deadlineReached(timing.schedule));
    if (timing.isQuiet) await rest(run, over);
    else await deps.clock.sleep(Math.min(timing.untilNextMs, LOOK_MS), over);
    // Who waits for a change, or was parked, may have seen an hour that a change of the clock has undone.
    if (!timing.isQuiet) for (const recipient of timing.parked.splice(0)) run.enqueue(recipient);
    run.changed();
  }
}

async function rest(run: Run, over: AbortSignal): Promise<void> {
  const { timing, breaker, gate, deps } = run;
  timing.beginRest();
  deps.log?.info("hours", `quiet hours: ${timing.waiting}`, {});
  breaker.rest();
  gate.letAllGo();
  timing.parked.push(...run.ready.drain());
  do {
    await handBack(run);
    await deps.clock.sleep(Math.min(timing.untilNextMs, LOOK_MS), over);
  } while (!over.aborted && !timing.isPastDeadline && timing.isQuietByClock);
  timing.endRest();
  breaker.wake();
}

/**
 * Whose attempt may have arrived keeps the claim, because only this code can be tried again; so does who failed before:
 * without the record, no later run would find that user.
 */
function mayGoBack({ uncertain, failedBefore }: InHand): boolean {
  return !uncertain && !failedBefore;
}

async function handBack(run: Run): Promise<void> {
  const { timing } = run;
  const going = timing.parked.filter(mayGoBack);
  timing.parked = timing.parked.filter((recipient) => !mayGoBack(recipient));
  try {
    while (going.length > 0 && !run.signal.aborted) {
      const batch = going.slice(0, RELEASE_BATCH);
      const done = await run.deps.ledger.release(batch.map(({ openId }) => openId));
      going.splice(0, batch.length);
      for (const [i, recipient] of batch.entries()) {
        if (done[i]) run.countReleased(recipient);
        run.ownClaims--;
        claimLater(run, recipient.openId, recipient.row);
        run.forget(recipient);
      }
    }
  } catch (error) {
    run.stop(stopReasonOf(error));
  }
  run.leftovers.push(...going);
}
