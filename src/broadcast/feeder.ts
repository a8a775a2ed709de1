import type { ClaimReply, Settled } from "./ports.ts";
import type { Run } from "./run.ts";
import { stopReasonOf } from "./stop.ts";
import type { Sighted } from "./sweep.ts";

/** Users claimed in one script call at most: about a millisecond of Redis' time. */
const MAX_BATCH = 128;

/**
 * Claims codes for the audience, staying just ahead of the sends: at most twice the concurrency is claimed and not
 * settled, so that a crash leaves few open records and memory does not grow with the audience.
 */
export async function feed(run: Run, audience: AsyncIterable<Sighted>): Promise<void> {
  try {
    for await (const page of audience) {
      await feedPage(run, page);
      if (run.signal.aborted) break;
    }
  } catch (error) {
    run.stop(stopReasonOf(error));
  } finally {
    run.fed = true;
    run.changed();
  }
}

async function feedPage(run: Run, { openIds, sighting }: Sighted): Promise<void> {
  const most = 2 * run.options.concurrency;
  const worthwhile = Math.min(MAX_BATCH, Math.max(1, Math.ceil(run.options.concurrency / 2)));
  // Whoever has a record was claimed within the limit already.
  const limit = sighting === "ledger" ? undefined : run.options.limit;
  const room = () => most - (run.inHand.size - run.held.length);
  for (let at = 0; at < openIds.length; ) {
    await run.until(() => run.signal.aborted || room() >= worthwhile);
    const left = (limit ?? Number.POSITIVE_INFINITY) - run.claims;
    if (run.signal.aborted || left <= 0) return;
    const batch = openIds.slice(at, at + Math.min(MAX_BATCH, room(), left));
    at += batch.length;
    for (const reply of await run.deps.ledger.claim(batch, sighting)) takeReply(run, reply);
  }
}

/** Enters one user's reply. */
function takeReply(run: Run, reply: ClaimReply): void {
  const { outcomes, codes } = run.tally;
  switch (reply.status) {
    case "claimed":
      codes.expired += reply.expired;
      run.claims++;
      return run.begin(reply);
    case "mine":
      // In hand: the sweep met the user twice. Not in hand: the answer to the claim got lost.
      if (run.inHand.has(reply.openId)) return;
      run.claims++;
      return run.begin(reply);
    case "no_code":
      codes.expired += reply.expired;
      outcomes.no_code++;
      return reportNoCode(run, reply.openId, undefined);
    case "settled":
      return takeSettled(run, reply);
    case "busy":
      run.busyRuns.add(reply.run);
      return;
    case "wrong":
      outcomes.no_code++;
      run.tally.countError(undefined, reply.why);
      return reportNoCode(run, reply.openId, reply.why);
    case "elsewhere":
      return;
  }
}

function takeSettled(
  run: Run,
  { status: _, own, atMs, ...settled }: Settled & { status: string; own: boolean },
): void {
  if (own) return;
  run.earlier.count(settled);
  run.claims++;
  run.deps.report?.write({ ...settled, at: new Date(atMs).toISOString() });
}

function reportNoCode(run: Run, openId: string, errmsg: string | undefined): void {
  const at = new Date(run.deps.clock.now()).toISOString();
  run.deps.report?.write({ openId, outcome: "no_code", attempts: 0, ...(errmsg ? { errmsg } : {}), at });
}
