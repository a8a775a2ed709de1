import type { BroadcastRecord } from "../../broadcast/record.ts";
import type { Recount } from "../../broadcast/recount.ts";
import { lookForReceipts, type ReceiptLook } from "../../broadcast/take-receipts.ts";
import type { Deps } from "../deps.ts";

/** What receipts say of a broadcast's unknown outcomes; undefined where the channel has none. Changes nothing. */
export async function lookAtReceipts(deps: Deps, record: BroadcastRecord): Promise<ReceiptLook | undefined> {
  const { receipts, sweepLedgers } = await deps.stores(record.message);
  return receipts && lookForReceipts({ receipts, sweepLedgers }, record);
}

/** Changes a recount to what it will be once they are taken over. */
export function applyReceipts({ settled }: Recount, { found }: ReceiptLook): void {
  for (const [openId, outcome] of found) {
    settled.add(openId, "unknown", -1);
    settled.add(openId, outcome);
  }
}
