import type { Receipt, ReceiptSearch } from "../broadcast/receipts.ts";
import { errcodeWord, readErrcode } from "./errcode-word.ts";
import { type FinalRecord, readClaimed, readFinal } from "./ledger-record.ts";

/** A receipt as a user's hash has it. */
export type KeptReceipt = Pick<Receipt, "msgid" | "status" | "errcode" | "atMs">;

/**
 * How far the clocks of who starts a broadcast and of who takes receipts in may be apart, ms. Both are servers' clocks,
 * as a rule within a second.
 */
const SKEW_MS = 60_000;

const KEPT = /^(delivered|failed) (\S+) (\d+)$/;

/** In the place of a template that the platform does not tell; no id of a template looks like that. */
const UNTOLD = "*";

export function receiptField({ templateId = UNTOLD, msgid }: Pick<Receipt, "templateId" | "msgid">): string {
  return `${templateId} ${msgid}`;
}

export function writeReceipt({ status, errcode, atMs }: Receipt): string {
  return `${status} ${errcodeWord(errcode)} ${atMs}`;
}

/** Undefined for what is no receipt. */
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
 * The receipt that tells what became of an unknown record: that of its msgid; else the only one of this user and template
 * since the broadcast began, unless another record could be the one that it belongs to. Undefined: none, or more than one
 * reading. It goes by the beginning of the broadcast and not by the record's own time, which is that of settling: what a
 * killed run sent is settled when another takes it over, perhaps days after its receipt.
 *
 * A receipt that names no template may be that of any message to this user, of the team's backend too, which no ledger has.
 * Therefore it has to be the only one of all that are kept whose message is not known: a user whom somebody else writes to has
 * more of them.
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
  // Of several attempts one failed, and of the others nobody knows.
  return only.receipt?.status === "failed" && attempts > 1 ? undefined : only.receipt;
}

/** Whether a receipt since then may be that of another broadcast's record, as far as that tells. */
function mayOwnReceipt(text: string, sinceMs: number): boolean {
  if (readClaimed(text)) return true;
  const final = readFinal(text);
  // What is not understood may be anything.
  if (!final) return true;
  const { outcome, msgid, atMs } = final;
  return (outcome === "unknown" || outcome === "sent") && msgid === undefined && atMs >= sinceMs;
}

interface Found {
  msgid: string;
  /** Undefined for one that is not understood. */
  receipt: KeptReceipt | undefined;
}

/** Those of a template, or those that name none. */
function receiptsOf(templateId: string | undefined, receipts: Readonly<Record<string, string>>): Found[] {
  const head = receiptField({ templateId, msgid: "" });
  return Object.entries(receipts).flatMap(([field, text]) => {
    if (!field.startsWith(head)) return [];
    const msgid = field.slice(head.length);
    return [{ msgid, receipt: readReceipt(msgid, text) }];
  });
}
