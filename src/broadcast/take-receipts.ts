import { untilWhole } from "../errors.ts";
import type { FinalOutcome } from "./outcome.ts";
import type { Patience } from "./patience.ts";
import type { ReceiptFound, ReceiptSearch, Receipts } from "./receipts.ts";
import type { BroadcastRecord, KnownRun } from "./record.ts";
import { reportLine } from "./report.ts";
import type { Run } from "./run.ts";
import { stopReasonOf } from "./stop.ts";
import { sumOutcomesOfRuns } from "./totals.ts";

/** The receipts, and the users they may concern. */
export interface ReceiptSource {
  receipts: Receipts;
  sweepLedgers(): AsyncIterable<string[]>;
}

/** How many unknown outcomes receipts settle, and how many remain. */
export interface ReceiptCounts {
  sent: number;
  rejected: number;
  unknown: number;
}

/** What a run needs to apply receipts; without `source`, its channel has none. */
export interface ReceiptNeeds {
  source: ReceiptSource | undefined;
  record: BroadcastRecord;
  runId: string;
  patience: Pick<Patience, "call">;
}

const BATCH = 128;
const POLL_MS = 1000;

/** What receipts would settle; changes nothing. */
export interface ReceiptLook {
  counts: ReceiptCounts;
  /** The users whose outcome is unknown, and what receipts say. */
  found: ReadonlyMap<string, ReceiptFound["outcome"]>;
}

export async function lookForReceipts(source: ReceiptSource, record: BroadcastRecord): Promise<ReceiptLook> {
  const { receipts } = source;
  const found = new Map<string, ReceiptFound["outcome"]>();
  const look = (openIds: string[]) => receipts.settleUnknown(searchOf(record), openIds, { dryRun: true });
  await sweep(source, look, ({ openId, outcome }) => found.set(openId, outcome));
  const counts: ReceiptCounts = { sent: 0, rejected: 0, unknown: 0 };
  for (const outcome of found.values()) counts[outcome]++;
  return { counts, found };
}

/** Before a later run visits its users: replaces the unknown outcomes of earlier runs by what receipts say. */
export async function takeReceipts(
  run: Run,
  needs: ReceiptNeeds,
  earlierRuns: readonly KnownRun[],
): Promise<void> {
  const { source } = needs;
  if (!source || run.signal.aborted || leftNoneUnknown(earlierRuns)) return;
  run.waitingFor = LOOK;
  await stoppingOnError(run, () => sweep(source, lookFor(run, needs), (found) => count(run, found)));
  run.waitingFor = undefined;
}

/**
 * After the sends: applies the receipts received so far, and checks for more once a second for as long as the operator
 * wants, including those for a killed run's messages, which this run could only settle as unknown.
 */
export async function awaitReceipts(
  run: Run,
  needs: ReceiptNeeds,
  waitMs = run.options.waitReceiptsMs ?? 0,
): Promise<void> {
  const { source } = needs;
  const { clock } = run.deps;
  if (!source || run.signal.aborted || unknownOf(run) === 0) return;
  const untilMs = clock.monotonic() + waitMs;
  const look = lookFor(run, needs);
  const left = new Set<string>();
  const take = (found: ReceiptFound) => {
    if (found.outcome === "unknown") left.add(found.openId);
    else correct(run, found, needs.runId);
  };
  run.waitingFor = LOOK;
  await stoppingOnError(run, async () => {
    await sweep(source, look, take);
    while (left.size > 0 && clock.monotonic() < untilMs && !run.signal.aborted) {
      run.waitingFor = `receipt for ${left.size} ${left.size === 1 ? "message" : "messages"}`;
      await clock.sleep(Math.min(POLL_MS, untilMs - clock.monotonic()), run.signal);
      const openIds = [...left];
      left.clear();
      await lookAtAll(openIds, look, take);
    }
  });
  run.waitingFor = undefined;
}

/**
 * How many of this broadcast's accepted messages were not delivered, according to receipts that have come in. Their
 * outcomes stay `sent`.
 */
export async function countUndelivered(
  run: Run,
  { source, record, patience }: ReceiptNeeds,
): Promise<number> {
  if (!source || run.signal.aborted) return 0;
  const found = new Set<string>();
  const look: Look<string> = async (openIds) =>
    run.signal.aborted
      ? undefined
      : patience.call(() => source.receipts.findUndelivered(searchOf(record), openIds));
  run.waitingFor = LOOK;
  await stoppingOnError(run, () => sweep(source, look, (openId) => found.add(openId)));
  run.waitingFor = undefined;
  return found.size;
}

/** Shown in the live line as what the run waits for. */
const LOOK = "check of the receipts";

/** Undefined ends the look-ups. */
type Look<Found = ReceiptFound> = (openIds: string[]) => Promise<(Found | undefined)[] | undefined>;

function lookFor({ signal }: Run, { source, record, patience }: ReceiptNeeds): Look {
  return async (openIds) => {
    if (signal.aborted) return undefined;
    return patience.call(async () => source?.receipts.settleUnknown(searchOf(record), openIds));
  };
}

function searchOf({ id, message, startedAtMs }: BroadcastRecord): ReceiptSearch {
  return { broadcastId: id, templateId: message.templateId, startedAtMs };
}

/** All users with a ledger; starts again from the beginning whenever the sweep was cut. */
async function sweep<Found>(
  source: ReceiptSource,
  look: Look<Found>,
  onFound: (found: Found) => void,
): Promise<void> {
  const lookAtOnce = async () => {
    for await (const openIds of source.sweepLedgers()) if (!(await lookAtAll(openIds, look, onFound))) return;
  };
  await untilWhole(lookAtOnce, Number.POSITIVE_INFINITY);
}

/** Whether there is more to look at. */
async function lookAtAll<Found>(
  openIds: string[],
  look: Look<Found>,
  onFound: (found: Found) => void,
): Promise<boolean> {
  for (let at = 0; at < openIds.length; at += BATCH) {
    const found = await look(openIds.slice(at, at + BATCH));
    if (!found) return false;
    for (const one of found) if (one) onFound(one);
  }
  return true;
}

/** Losing Redis ends the run, as everywhere else. */
async function stoppingOnError(run: Run, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    run.stop(stopReasonOf(error));
  }
}

/**
 * Counts a receipt for an earlier run's message. The following sweep finds the user with the new outcome and reports
 * it.
 */
function count({ tally }: Run, { openId, outcome, errcode }: ReceiptFound): void {
  if (outcome === "unknown") return;
  tally.receipts[outcome]++;
  tally.corrected?.add(openId, "unknown", -1);
  tally.corrected?.add(openId, outcome);
  if (outcome === "rejected") tally.countError(errcode, BY_RECEIPT);
}

const BY_RECEIPT = "not delivered, according to its receipt";

/** Corrects a user whom this run has counted as unknown, as its own or as an earlier run's. */
function correct(run: Run, found: ReceiptFound, ownRunId: string): void {
  const { openId, outcome } = found;
  if (outcome === "unknown") return;
  const { tally, earlier, deps } = run;
  const isOwn = found.runId === ownRunId;
  const add = (name: FinalOutcome, by: number) =>
    isOwn ? tally.count(openId, name, by) : earlier.add(openId, name, by);
  add("unknown", -1);
  add(outcome, 1);
  if (isOwn && outcome === "rejected") tally.countError(found.errcode, BY_RECEIPT);
  if (!isOwn) count(run, found);
  const errmsg = outcome === "rejected" ? BY_RECEIPT : undefined;
  deps.report?.writeUnlessThere(reportLine({ ...found, outcome, errmsg }));
}

/** Saves a sweep, which takes half a minute for a million users. A killed run's count is not known. */
function leftNoneUnknown(runs: readonly KnownRun[]): boolean {
  return runs.every(({ over }) => over) && sumOutcomesOfRuns(runs)?.unknown === 0;
}

function unknownOf({ tally, earlier }: Run): number {
  return tally.outcomes.unknown + earlier.outcomes.unknown;
}
