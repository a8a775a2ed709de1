import type { FinalOutcome } from "./outcome.ts";
import type { Errcode } from "./ports.ts";

/** What the ledger holds of one user in one broadcast. */
export type PastSend = SettledSend | OpenSend | UnreadableRecord;

/** A final record. */
export interface SettledSend {
  broadcastId: string;
  outcome: FinalOutcome;
  runId: string;
  attempts: number;
  /** When it was settled, epoch ms. */
  atMs: number;
  errcode?: Errcode;
  formId?: string;
  msgid?: string;
}

/** A claim whose outcome is not known yet: held by a run, or left by one that died. */
export interface OpenSend {
  broadcastId: string;
  outcome: "claimed";
  runId: string;
  attempts: number;
  /** When it was claimed, epoch ms. */
  atMs: number;
  formId: string;
}

/** A record that push-cli did not write. */
export interface UnreadableRecord {
  broadcastId: string;
  outcome: "unreadable";
}

/** The records of users in all broadcasts that their ledgers still hold. */
export interface SendHistory {
  /** The newest first; records that can't be read last. */
  of(openId: string): Promise<PastSend[]>;
  /** The records of several users in one broadcast; undefined for users without one. */
  inBroadcast(broadcastId: string, openIds: readonly string[]): Promise<(PastSend | undefined)[]>;
}
