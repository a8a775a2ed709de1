import type { InvalidRow } from "./audience.ts";
import type { PastSend, SendHistory } from "./history.ts";
import type { Errcode } from "./ports.ts";
import type { AudienceOwner, BroadcastRecord, BroadcastStore } from "./record.ts";
import { nameVariants, type ReportLine, reportLine } from "./report.ts";

/** Which recipients are wanted; absent: all. */
export interface RecipientFilter {
  outcomes?: ReadonlySet<string> | undefined;
  errcodes?: ReadonlySet<Errcode> | undefined;
}

export interface RecipientSources {
  store: Pick<BroadcastStore, "audience" | "invalid">;
  history: Pick<SendHistory, "inBroadcast">;
  /** Pages of openIds that have a ledger. */
  sweepLedgers(): AsyncIterable<string[]>;
}

/**
 * The recipients that the ledgers know, and the rows that were left out, a page at a time, as lines of a report. A user
 * who never had a code has no record. Keeps one page in memory. Rejects with a SweepCutError when users may have been
 * missed.
 */
export async function* listRecipients(
  { store, history, sweepLedgers }: RecipientSources,
  record: BroadcastRecord,
  filter: RecipientFilter,
): AsyncGenerator<ReportLine[]> {
  const name = nameVariants(record.message.variants);
  for await (const openIds of await pagesOf(store, record, sweepLedgers)) {
    const sends = await history.inBroadcast(record.id, openIds);
    const lines: ReportLine[] = [];
    for (const [i, send] of sends.entries()) {
      const line = send && toLine(openIds[i]!, send);
      if (line && passes(line, filter)) lines.push(name(line));
    }
    yield lines;
  }
  if (!record.invalid || (filter.outcomes && !filter.outcomes.has("invalid"))) return;
  for await (const rows of store.invalid(record))
    yield rows.map((row) => invalidLine(row, record)).filter((line) => passes(line, filter));
}

/** A row that was left out, in a report. */
export function invalidLine(
  { openId, line, why }: InvalidRow,
  { startedAtMs }: Pick<BroadcastRecord, "startedAtMs">,
): ReportLine {
  const errmsg = `line ${line}: ${why}`;
  return reportLine({ openId, outcome: "invalid", attempts: 0, errmsg, atMs: startedAtMs });
}

/**
 * A list is kept while it may be needed; after that, and for audiences without a list, recipients are found by sweeping
 * all ledgers.
 */
async function pagesOf(
  store: RecipientSources["store"],
  record: AudienceOwner & Pick<BroadcastRecord, "audience">,
  sweepLedgers: RecipientSources["sweepLedgers"],
): Promise<AsyncIterable<string[]>> {
  if (record.audience !== "list") return sweepLedgers();
  for await (const _ of store.audience(record)) return openIdsOf(store.audience(record));
  return sweepLedgers();
}

async function* openIdsOf(pages: AsyncIterable<{ openIds: string[] }>): AsyncGenerator<string[]> {
  for await (const { openIds } of pages) yield openIds;
}

function toLine(openId: string, send: PastSend): ReportLine | undefined {
  if (send.outcome === "unreadable") return undefined;
  return reportLine({ ...send, openId, outcome: send.outcome === "claimed" ? "open" : send.outcome });
}

function passes({ outcome, errcode }: ReportLine, { outcomes, errcodes }: RecipientFilter): boolean {
  if (outcomes && !outcomes.has(outcome)) return false;
  return !errcodes || (errcode !== null && errcodes.has(errcode));
}
