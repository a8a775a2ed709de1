import type { Errcode } from "./ports.ts";

/**
 * What the platform reports about a message after accepting it: WeChat's subscribe_msg_sent_event, and
 * TEMPLATESENDJOBFINISH of its official accounts.
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
  /** Returns whether it was new: the platform may deliver an event again, which changes nothing. */
  record(receipt: Receipt): Promise<boolean>;
}

/** Which unknown outcomes to look for receipts for. */
export interface ReceiptSearch {
  broadcastId: string;
  templateId: string;
  /** When the broadcast began, epoch ms: an earlier receipt belongs to another message. */
  startedAtMs: number;
}

/** A recipient whose outcome was unknown, and what it is now. */
export interface ReceiptFound {
  openId: string;
  /** `unknown`: no receipt fits, or it is ambiguous which one does. */
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

/** Receipts as a broadcast reads them, where its platform sends any. */
export interface Receipts {
  /**
   * Replaces `unknown` outcomes by what receipts say: one with the same msgid, else the only one that can belong to the
   * message. Returns one result per user; undefined where the outcome is not unknown, or another process has just
   * changed it. Safe to repeat. `dryRun`: changes nothing.
   */
  settleUnknown(
    search: ReceiptSearch,
    openIds: readonly string[],
    options?: { dryRun?: boolean },
  ): Promise<(ReceiptFound | undefined)[]>;
  /** Which of them have the outcome `sent` while a receipt with the message's msgid says that it was not delivered. */
  findUndelivered(search: ReceiptSearch, openIds: readonly string[]): Promise<string[]>;
}
