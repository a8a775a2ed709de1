import { work } from "./deliver.ts";
import { feed } from "./feeder.ts";
import { settleFinal, settleHeld } from "./held.ts";
import { isThrough } from "./idle.ts";
import type { InHand } from "./in-hand.ts";
import { keepHours } from "./keep-hours.ts";
import type { Run } from "./run.ts";
import { stopReasonOf } from "./stop.ts";
import type { Sighted } from "./sweep.ts";

const RELEASE_BATCH = 64;
const SHORT_DRAIN_MS = 2000;

/**
 * Works through the audience: claims codes just ahead of the sends, keeps `concurrency` requests in flight, and settles
 * each outcome. Returns when everybody has an outcome, or after `run.stop`, once requests in flight are done (bounded
 * by `drainMs`) and codes that surely were not consumed are back in their pools. If the process dies at any point, the
 * ledger says what is left to do.
 */
export async function driveRun(run: Run, audience: AsyncIterable<Sighted>): Promise<void> {
  const workers = Array.from({ length: run.options.concurrency }, () => work(run));
  let isFed = false;
  const feeding = feed(run, audience).then(() => {
    isFed = true;
    run.changed();
  });
  const ended = new AbortController();
  const keeping = keepHours(run, ended.signal);
  for (;;) {
    await run.until(() => run.signal.aborted || (isFed && isThrough(run)));
    if (run.signal.aborted || run.held.length === 0) break;
    // Recipients whose code was refused may have another.
    await settleHeldOrStop(run);
  }
  if (!run.signal.aborted) await feeding;
  run.ready.close();
  ended.abort();
  // A stop does not wait for an answer that an API which is down may never give, nor for a token alone.
  const isShort = run.breaker.isOpen || (run.signal.aborted && run.inFlight === 0);
  const drainMs = isShort ? Math.min(SHORT_DRAIN_MS, run.options.drainMs) : run.options.drainMs;
  const drained = new AbortController();
  await Promise.race([
    Promise.all([...workers, feeding]).then(() => drained.abort()),
    run.deps.clock.sleep(drainMs, drained.signal),
  ]);
  await keeping;
  await settleFinal(run);
  await run.settler.drain();
  if (run.stopReason) await releaseLeftovers(run);
}

async function settleHeldOrStop(run: Run): Promise<void> {
  try {
    await settleHeld(run);
  } catch (error) {
    run.stop(stopReasonOf(error));
  }
}

/** Returns codes that certainly were not consumed; an attempt that may have been delivered stays claimed for `resume`. */
async function releaseLeftovers(run: Run): Promise<void> {
  const held = run.held.splice(0).map(({ recipient }) => recipient);
  const safe = [...run.leftovers, ...held].filter(({ uncertain }) => !uncertain);
  // Without Redis nothing can be released; the records stay claimed, and resume finds them.
  if (run.stopReason?.exit === "redis" && !run.stopReason.isRecordGone) return;
  try {
    for (const recipient of safe) if (recipient.failedBefore) await failAgain(run, recipient);
    const fresh = safe.filter(({ failedBefore }) => !failedBefore);
    for (let at = 0; at < fresh.length; at += RELEASE_BATCH)
      await release(run, fresh.slice(at, at + RELEASE_BATCH));
  } catch (error) {
    run.tally.countError(undefined, `codes could not be released: ${stopReasonOf(error).message}`);
  }
}

async function release(run: Run, batch: InHand[]): Promise<void> {
  const done = await run.deps.ledger.release(batch.map(({ openId }) => openId));
  for (const [i, recipient] of batch.entries()) {
    if (done[i]) run.countReleased(recipient);
    run.forget(recipient);
  }
}

/**
 * The code goes back and the outcome stays `failed`. Once the audience of a broadcast was swept completely, only users
 * with a record are visited again: deleting the record with the code would mean that the user never gets the message.
 */
async function failAgain(run: Run, recipient: InHand): Promise<void> {
  const { openId } = recipient;
  // The API's answer was lost with the record; there was at least one attempt.
  if (await run.deps.ledger.settleReturning({ openId, outcome: "failed", attempts: 1 })) {
    run.countReleased(recipient);
    run.tally.count(openId, "failed");
  }
  run.forget(recipient);
}
