import { PushCliError } from "../errors.ts";
import type { Row } from "./audience.ts";
import { allClaimed } from "./idle.ts";
import type { ClaimBatch } from "./in-run.ts";
import { UNREADABLE } from "./outcome.ts";
import { isWithheld, type Withheld } from "./policy.ts";
import type { Claimed, ClaimReply, Settled, Sighting } from "./ports.ts";
import { proveApi } from "./prove-api.ts";
import { reportLine } from "./report.ts";
import type { Run } from "./run.ts";
import { stopReasonOf } from "./stop.ts";
import { settleSuppressed } from "./suppressed.ts";
import type { Sighted } from "./sweep.ts";

/** Maximum users claimed in one script call: about a millisecond of Redis' time. */
const MAX_BATCH = 128;

/**
 * Claims codes for the audience, staying just ahead of the sends: besides the requests in flight, at most twice the
 * concurrency is claimed, so that a crash leaves few open records and memory does not grow with the audience.
 */
export async function feed(run: Run, audience: AsyncIterable<Sighted>): Promise<void> {
  try {
    for await (const page of audience) {
      await feedPage(run, page);
      if (run.signal.aborted) break;
    }
    await run.nonePostponed();
  } catch (error) {
    run.stop(stopReasonOf(error));
  } finally {
    await allClaimed(run);
    run.fed = true;
    run.changed();
  }
}

/** How long to wait for another broadcast's message to a user. */
const POSTPONED_MS = 1000;

/** Claims users again to whom another broadcast was sending, until it is done with all of them. Never rejects. */
async function feedPostponed(run: Run): Promise<void> {
  run.isFeedingPostponed = true;
  while (run.postponed.size > 0 && !run.signal.aborted) {
    await run.deps.clock.sleep(POSTPONED_MS, run.signal);
    const rows = run.deps.texts && [...run.postponed.values()];
    // They have not been visited elsewhere since.
    await feedPage(run, { openIds: [...run.postponed.keys()], rows, sighting: "any" });
    await allClaimed(run);
    // Others were claimed in their place.
    if (run.claims >= (run.options.limit ?? Number.POSITIVE_INFINITY)) run.postponed.clear();
  }
  run.isFeedingPostponed = false;
  run.changed();
}

async function feedPage(run: Run, { openIds, rows, sighting, again }: Sighted): Promise<void> {
  // One call's users keep the workers busy while the next call is under way.
  const size = Math.min(MAX_BATCH, run.options.concurrency);
  // Users with a record were claimed within the limit already.
  const limit = sighting === "ledger" || again ? undefined : run.options.limit;
  const room = () => 2 * run.options.concurrency - run.ahead;
  for (let at = 0; at < openIds.length; ) {
    // How many of the pending users will become claims is not known yet, so with a limit there is one call at a time.
    if (limit !== undefined) await allClaimed(run);
    await run.until(
      () => run.signal.aborted || (room() >= size && !run.breaker.isOpen && !run.timing.isQuiet),
    );
    const left = (limit ?? Number.POSITIVE_INFINITY) - run.claims;
    if (run.signal.aborted || left <= 0) return;
    const end = at + Math.min(size, left);
    const batch = openIds.slice(at, end);
    const batchRows = rows?.slice(at, end);
    at += batch.length;
    void claimBatch(run, { openIds: batch, rows: batchRows, sighting }, openIds);
  }
}

/** Not awaited: the next batch of `page` is requested while this one is pending. Never rejects. */
async function claimBatch(run: Run, { openIds, rows, sighting }: Sighted, page: string[]): Promise<void> {
  const batch: ClaimBatch = { openIds: new Set(openIds), metElsewhere: new Set() };
  run.claiming += openIds.length;
  run.batches.add(batch);
  try {
    const { clock, ledger } = run.deps;
    await run.settler.catchUp();
    if (run.signal.aborted) return;
    const sinceMs = clock.monotonic();
    const replies = await ledger.claim(openIds, sighting, page);
    run.batches.delete(batch);
    const met: Met = { batch, sighting, tookMs: clock.monotonic() - sinceMs };
    let place = 0;
    for (const reply of replies) takeReply(run, reply, met, rows?.[place++]);
  } catch (error) {
    run.stop(stopReasonOf(error));
  } finally {
    run.batches.delete(batch);
    run.claiming -= openIds.length;
    run.changed();
  }
}

/**
 * Whether a claim that this run already holds came from another batch: SCAN may return a key twice, a later sweep
 * visits users again that were found by their ledgers, and a batch is answered when its last user is, possibly after
 * the user was settled. Otherwise the answer to the claim itself was lost.
 */
function isMetTwice(run: Run, openId: string, batch: ClaimBatch): boolean {
  if (run.inHand.has(openId) || batch.metElsewhere.has(openId)) return true;
  for (const other of run.batches) if (other.openIds.has(openId)) return true;
  return false;
}

function begin(run: Run, claimed: Claimed, row: Row | undefined, failedBefore = false): void {
  run.noteMet(claimed.openId);
  run.ownClaims++;
  if (claimed.suppressed) {
    settleSuppressed(run, claimed);
    return;
  }
  const { texts } = run.deps;
  // The run stops here rather than send a message without the user's values.
  if (texts?.needsRow && !row) throw rowGone(claimed.openId);
  run.begin(claimed, failedBefore, { row, own: texts?.of(claimed.openId, row) });
}

function rowGone(openId: string): PushCliError {
  return new PushCliError("nothing", `the row of '${openId}' is gone from Redis`, {
    hint: "its values were kept with the broadcast's list; start a new broadcast with --to-file",
  });
}

/** How the users of a claim were met. */
interface Met {
  batch: ClaimBatch;
  sighting: Sighting;
  /** How long the claim took to be answered. */
  tookMs: number;
}

/** A difference between the clocks of two servers that is no sign of anything. */
const CLOCKS_MS = 50;

/**
 * A claim of this run that was answered before, sent, and settled: Redis has lost that at a failover. The message may have
 * arrived.
 */
function isFromBefore({ firstAgoMs = 0 }: Claimed, { tookMs }: Met): boolean {
  return firstAgoMs > tookMs + CLOCKS_MS;
}

/** Enters one user's reply. */
function takeReply(run: Run, reply: ClaimReply, met: Met, row: Row | undefined): void {
  const { batch, sighting } = met;
  // "Elsewhere" says nothing about the record, which another run may still hold.
  if (reply.status !== "elsewhere") {
    run.busy.delete(reply.openId);
    run.postponed.delete(reply.openId);
  }
  switch (reply.status) {
    case "claimed":
      run.tally.codes.expired += reply.expired;
      if (reply.retried === "unknown" || reply.retried === "failed")
        countRetried(run, reply.openId, reply.retried);
      if (reply.retried === "failed" && reply.spentBefore) run.tally.retried.spent++;
      if (reply.retried === "unknown" && reply.standing) run.tally.retried.standing++;
      // Had no pool when the ledgers were swept, but a new code when the pools were.
      if (run.withoutCode.delete(reply.openId)) run.tally.count(reply.openId, "no_code", -1);
      begin(run, reply, row, reply.retried === "failed");
      break;
    case "mine":
      if (isMetTwice(run, reply.openId, batch)) break;
      begin(run, isFromBefore(reply, met) ? { ...reply, attempt: reply.attempt + 1 } : reply, row);
      break;
    case "no_code":
      run.tally.codes.expired += reply.expired;
      if (run.withoutCode.has(reply.openId)) break;
      if (sighting === "ledger") run.withoutCode.add(reply.openId);
      takeNoCode(run, reply.openId, reply.unreadable ? UNREADABLE : undefined);
      break;
    case "wrong":
      takeNoCode(run, reply.openId, reply.why);
      break;
    case "settled":
      run.tally.codes.expired += reply.expired ?? 0;
      if (!reply.own) takeSettled(run, reply);
      break;
    case "excluded":
      if (run.withoutCode.delete(reply.openId)) run.tally.count(reply.openId, "no_code", -1);
      run.tally.countExcluded(reply.by);
      if (isWithheld(reply.by)) reportWithheld(run, reply.openId, reply.by);
      break;
    case "later":
      postpone(run, reply, row);
      break;
    case "busy":
      run.busy.set(reply.openId, { run: reply.run, row });
      break;
    case "elsewhere":
  }
}

function postpone(
  run: Run,
  { openId, expired = 0 }: Extract<ClaimReply, { status: "later" }>,
  row: Row | undefined,
): void {
  run.tally.codes.expired += expired;
  claimLater(run, openId, row);
}

/** The run does not end before this user was claimed again. */
export function claimLater(run: Run, openId: string, row: Row | undefined): void {
  run.postponed.set(openId, row);
  if (!run.isFeedingPostponed) void feedPostponed(run);
}

function countRetried({ tally }: Run, openId: string, outcome: "unknown" | "failed"): void {
  tally.retried[outcome]++;
  tally.corrected?.add(openId, outcome, -1);
}

function takeSettled(run: Run, settled: Settled): void {
  run.earlier.count(settled);
  if (settled.outcome === "sent") proveApi(run);
  run.deps.report?.writeUnlessThere(reportLine(settled));
}

function reportWithheld({ deps: { report, clock } }: Run, openId: string, outcome: Withheld): void {
  report?.writeUnlessThere(reportLine({ openId, outcome, attempts: 0, atMs: clock.now() }));
}

/** `errmsg`: why there is none, when it is not simply that. */
function takeNoCode(run: Run, openId: string, errmsg?: string): void {
  run.tally.count(openId, "no_code");
  if (errmsg !== undefined) run.tally.countError(undefined, errmsg);
  const { report, clock } = run.deps;
  report?.writeUnlessThere(
    reportLine({ openId, outcome: "no_code", attempts: 0, errmsg, atMs: clock.now() }),
  );
}
