import type { BroadcastRecord } from "../../broadcast/record.ts";
import type { Recount } from "../../broadcast/recount.ts";
import { countReceipts, type ReceiptCounts } from "../../broadcast/take-receipts.ts";
import { Earlier } from "../../broadcast/totals.ts";
import type { Deps } from "../deps.ts";

/** What receipts say of a broadcast's unknown outcomes; undefined where the channel has none. Changes nothing. */
export async function lookAtReceipts(
  deps: Deps,
  record: BroadcastRecord,
): Promise<ReceiptCounts | undefined> {
  const { receipts, sweepLedgers } = await deps.stores(record.message);
  return receipts && countReceipts({ receipts, sweepLedgers }, record);
}

/** A recount as it will be once they are taken over. */
export function applyReceipts(recount: Recount, { sent, rejected }: ReceiptCounts): Recount {
  const settled = new Earlier();
  Object.assign(settled.outcomes, recount.settled.outcomes);
  settled.spent = recount.settled.spent;
  settled.outcomes.sent += sent;
  settled.outcomes.rejected += rejected;
  settled.outcomes.unknown -= sent + rejected;
  return { ...recount, settled };
}
