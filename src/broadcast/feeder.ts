import type { ClaimReply } from "./ports.ts";
import type { Run } from "./run.ts";
import { stopReasonOf } from "./stop.ts";

/** Users claimed in one script call at most: about a millisecond of Redis' time. */
const MAX_BATCH = 128;

/**
 * Claims codes for the audience, staying just ahead of the sends: at most twice the concurrency is claimed and not
 * settled, so that a crash leaves few open records and memory does not grow with the audience.
 */
export async function feed(run: Run, audience: AsyncIterable<string[]>): Promise<void> {
  try {
    await feedAll(run, audience);
  } catch (error) {
    run.stop(stopReasonOf(error));
  } finally {
    run.fed = true;
    run.changed();
  }
}

async function feedAll(run: Run, audience: AsyncIterable<string[]>): Promise<void> {
  const { concurrency, limit = Number.POSITIVE_INFINITY } = run.options;
  const most = 2 * concurrency;
  const worthwhile = Math.min(MAX_BATCH, Math.max(1, Math.ceil(concurrency / 2)));
  let claims = 0;
  const open = () => run.inHand.size - run.held.length;
  for await (const page of audience) {
    for (let at = 0; at < page.length; ) {
      await run.until(() => run.signal.aborted || most - open() >= worthwhile);
      if (run.signal.aborted || claims >= limit) return;
      const size = Math.min(MAX_BATCH, most - open(), limit - claims);
      const batch = page.slice(at, at + size);
      at += batch.length;
      for (const reply of await run.deps.ledger.claim(batch)) claims += takeReply(run, reply);
    }
  }
}

/** Enters one user's reply; 1 when it is a new claim. */
function takeReply(run: Run, reply: ClaimReply): 0 | 1 {
  const { outcomes, codes } = run.tally;
  switch (reply.status) {
    case "claimed":
      codes.expired += reply.expired;
      run.begin(reply);
      return 1;
    case "mine":
      // In hand: the sweep met the user twice. Not in hand: the answer to the claim got lost.
      if (run.inHand.has(reply.openId)) return 0;
      run.begin(reply);
      return 1;
    case "no_code":
      codes.expired += reply.expired;
      outcomes.no_code++;
      reportUnclaimed(run, reply.openId, undefined);
      return 0;
    case "settled":
      if (!reply.own) outcomes.skipped++;
      return 0;
    case "elsewhere":
      return 0;
    case "busy":
      run.busyElsewhere++;
      return 0;
    case "wrong":
      outcomes.no_code++;
      run.tally.countError(undefined, reply.why);
      reportUnclaimed(run, reply.openId, reply.why);
      return 0;
  }
}

function reportUnclaimed(run: Run, openId: string, errmsg: string | undefined): void {
  const at = new Date(run.deps.clock.now()).toISOString();
  run.deps.report?.write({ openId, outcome: "no_code", attempts: 0, ...(errmsg ? { errmsg } : {}), at });
}
