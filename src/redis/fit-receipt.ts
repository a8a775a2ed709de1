import type { Receipt, ReceiptSearch } from "../broadcast/receipts.ts";
import { errcodeWord, readErrcode } from "./errcode-word.ts";
import { type FinalRecord, readClaimed, readFinal } from "./ledger-record.ts";

/** A receipt as stored in a user's hash. */
export type KeptReceipt = Pick<Receipt, "msgid" | "status" | "errcode" | "atMs">;

/**
 * Maximum difference between the clocks of the host that starts a broadcast and of the one that receives receipts, ms. Both
 * are servers' clocks, usually within a second.
 */
const SKEW_MS = 60_000;

const KEPT = /^(delivered|failed) (\S+) (\d+)$/;

/** Stands for a template that the platform does not name; no template id looks like this. */
const UNTOLD = "*";

export function receiptField({ templateId = UNTOLD, msgid }: Pick<Receipt, "templateId" | "msgid">): string {
  return `${templateId} ${msgid}`;
}

export function writeReceipt({ status, errcode, atMs }: Receipt): string {
  return `${status} ${errcodeWord(errcode)} ${atMs}`;
}

/** Undefined for text that is not a receipt. */
export function readReceipt(msgid: string, text: string | undefined): KeptReceipt | undefined {
  const found = KEPT.exec(text ?? "");
  if (!found) return undefined;
  const [, status, word, atMs] = found;
  const errcode = readErrcode(word);
  return {
    msgid,
    status: status as KeptReceipt["status"],
    ...(errcode === undefined ? {} : { errcode }),
    atMs: Number(atMs),
  };
}

/**
 * The receipt that tells the outcome of an unknown record: the one with its msgid; otherwise the only one of this user and
 * template since the broadcast began, unless it could belong to another record. Undefined: none, or more than one
 * interpretation. The start of the broadcast counts, not the record's own time, which is that of settling: a message sent by
 * a killed run is settled when another takes it over, perhaps days after its receipt.
 *
 * A receipt without a template may belong to any message to this user, including those of the team's own backend, which no
 * ledger records. It must therefore be the only stored one whose message is unknown: a user who gets messages from other
 * senders has more of them.
 */
export function fitReceipt(
  { broadcastId, templateId, startedAtMs }: ReceiptSearch,
  record: FinalRecord,
  ledger: Readonly<Record<string, string>>,
  receipts: Readonly<Record<string, string>>,
): KeptReceipt | undefined {
  const { msgid, attempts } = record;
  if (msgid !== undefined) {
    const field = [{ templateId, msgid }, { msgid }].map(receiptField).find((name) => name in receipts);
    return readReceipt(msgid, field && receipts[field]);
  }
  const sinceMs = startedAtMs - SKEW_MS;
  const others = Object.entries(ledger).flatMap(([id, text]) => (id === broadcastId ? [] : [text]));
  if (others.some((text) => mayOwnReceipt(text, sinceMs))) return undefined;
  const taken = new Set(others.map((text) => readFinal(text)?.msgid));
  const untaken = (found: Found[]) => found.filter(({ msgid }) => !taken.has(msgid));
  const isSince = ({ receipt }: Found) => receipt === undefined || receipt.atMs >= sinceMs;
  const fitting = untaken(receiptsOf(templateId, receipts)).filter(isSince);
  const untold = untaken(receiptsOf(undefined, receipts));
  const [only, ...more] = [...fitting, ...untold];
  if (only === undefined || more.length > 0 || !isSince(only)) return undefined;
  // If one of several attempts failed, the outcome of the others is unknown.
  return only.receipt?.status === "failed" && attempts > 1 ? undefined : only.receipt;
}

/** Whether a receipt since then may belong to another broadcast's record, as far as the record tells. */
function mayOwnReceipt(text: string, sinceMs: number): boolean {
  if (readClaimed(text)) return true;
  const final = readFinal(text);
  // A record that is not understood may be anything.
  if (!final) return true;
  const { outcome, msgid, atMs } = final;
  return (outcome === "unknown" || outcome === "sent") && msgid === undefined && atMs >= sinceMs;
}

interface Found {
  msgid: string;
  /** Undefined for one that is not understood. */
  receipt: KeptReceipt | undefined;
}

/** The receipts of a template, or those that name none. */
function receiptsOf(templateId: string | undefined, receipts: Readonly<Record<string, string>>): Found[] {
  const head = receiptField({ templateId, msgid: "" });
  return Object.entries(receipts).flatMap(([field, text]) => {
    if (!field.startsWith(head)) return [];
    const msgid = field.slice(head.length);
    return [{ msgid, receipt: readReceipt(msgid, text) }];
  });
}
