import { untilWhole } from "../errors.ts";
import { noWithheld, VariantTally } from "./outcome.ts";
import { isWithheld, type Withheld } from "./policy.ts";
import type { ClaimReply, Ledger } from "./ports.ts";
import type { BroadcastRecord } from "./record.ts";
import { laterSweep, type Sweeps } from "./sweep.ts";
import { Earlier } from "./totals.ts";
import { assignVariants } from "./variants.ts";

/** What the ledgers say about a broadcast, regardless of its record. */
export interface Recount {
  /** Final records, and users without a valid code. */
  settled: Earlier;
  /** Claimed, not settled. */
  open: number;
  /** Reachable users whom the broadcast has not reached yet. */
  left: number;
  /** Users who had no code when they were claimed, and have one now. */
  again: number;
  /** The same by variant, as `no_code`; undefined without variants. */
  againByVariant?: VariantTally | undefined;
  /** From whom the message is withheld. */
  withheld: Record<Withheld, number>;
  /** Of those above, users who have been suppressed since: claims that will not be sent, outcomes that are not tried again. */
  suppressedSince: Record<"open" | "unknown" | "failed", number>;
}

const BATCH = 256;

/**
 * Counts a broadcast from the ledgers with the claim script in read-only mode. `ledger` must have been opened with
 * `dryRun`. `mostSweeps`: how often a sweep may be cut before it gives up; a few times unless given.
 */
export function recountBroadcast(
  ledger: Ledger,
  record: BroadcastRecord,
  sweeps: Sweeps,
  { onStep, mostSweeps }: { onStep?(recount: Recount): void; mostSweeps?: number } = {},
): Promise<Recount> {
  return untilWhole(() => recountOnce(ledger, record, sweeps, onStep), mostSweeps);
}

async function recountOnce(
  ledger: Ledger,
  record: BroadcastRecord,
  sweeps: Sweeps,
  onStep?: (recount: Recount) => void,
): Promise<Recount> {
  const assignment = assignVariants(record.message.variants);
  const recount: Recount = {
    settled: new Earlier(assignment),
    open: 0,
    left: 0,
    again: 0,
    againByVariant: assignment && new VariantTally(assignment),
    withheld: noWithheld(),
    suppressedSince: { open: 0, unknown: 0, failed: 0 },
  };
  for await (const { openIds, sighting } of laterSweep(record, sweeps)) {
    for (let at = 0; at < openIds.length; at += BATCH) {
      for (const reply of await ledger.claim(openIds.slice(at, at + BATCH), sighting)) enter(recount, reply);
      onStep?.(recount);
    }
  }
  return recount;
}

function enter(recount: Recount, reply: ClaimReply): void {
  if (isSuppressedSince(reply)) {
    const kind = reply.status === "busy" ? "open" : reply.outcome;
    if (kind === "open" || kind === "unknown" || kind === "failed") recount.suppressedSince[kind]++;
  }
  if (reply.status === "settled") recount.settled.count(reply);
  else if (reply.status === "busy") recount.open++;
  else if (reply.status === "no_code" || reply.status === "wrong")
    recount.settled.count({ openId: reply.openId, outcome: "no_code" });
  else if (reply.status === "excluded") {
    if (isWithheld(reply.by)) recount.withheld[reply.by]++;
  } else if (reply.status !== "claimed") return;
  else if (reply.retried === "no_code") {
    recount.again++;
    recount.againByVariant?.add(reply.openId, "no_code");
  } else recount.left++;
}

type WithRecord = Extract<ClaimReply, { status: "busy" | "settled" }>;

function isSuppressedSince(reply: ClaimReply): reply is WithRecord {
  return (reply.status === "busy" || reply.status === "settled") && reply.suppressed === true;
}
