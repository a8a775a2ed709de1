import type { Errcode } from "./ports.ts";

/**
 * What the platform told of a message after it had taken it: WeChat's subscribe_msg_sent_event, and TEMPLATESENDJOBFINISH of
 * its official accounts.
 */
export interface Receipt {
  openId: string;
  /** Absent where the platform does not tell. */
  templateId?: string | undefined;
  msgid: string;
  status: "delivered" | "failed";
  /** Of a failed one, where the platform gives one. */
  errcode?: Errcode | undefined;
  /** When it came in, epoch ms. */
  atMs: number;
}

/** Where receipts are written. */
export interface ReceiptBook {
  /** Returns whether it was new: the platform delivers events again, and one that was delivered again changes nothing. */
  record(receipt: Receipt): Promise<boolean>;
}

/** Whose unknown outcomes receipts are looked for. */
export interface ReceiptSearch {
  broadcastId: string;
  templateId: string;
  /** When the broadcast began, epoch ms: an earlier receipt belongs to another message. */
  startedAtMs: number;
}

/** A recipient whose outcome was unknown, and what it is now. */
export interface ReceiptFound {
  openId: string;
  /** `unknown`: no receipt fits, or it can't be told which. */
  outcome: "sent" | "rejected" | "unknown";
  /** The run that settled it as unknown. */
  runId: string;
  attempts: number;
  errcode?: Errcode | undefined;
  formId?: string | undefined;
  msgid?: string | undefined;
  /** Epoch ms. */
  atMs: number;
}

/** Receipts as a broadcast reads them, where its platform sends such. */
export interface Receipts {
  /**
   * Turns `unknown` into what a receipt says: one of the same msgid, else the only one that can be this message's. For each
   * user what was found; undefined where the outcome is not unknown, or has just been changed by somebody else. Safe to
   * repeat. `dryRun`: changes nothing.
   */
  settleUnknown(
    search: ReceiptSearch,
    openIds: readonly string[],
    options?: { dryRun?: boolean },
  ): Promise<(ReceiptFound | undefined)[]>;
}
