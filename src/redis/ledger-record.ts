import type { FinalOutcome } from "../broadcast/outcome.ts";
import type { Errcode } from "../broadcast/ports.ts";
import type { PushCode } from "../pool/code.ts";
import { errcodeWord, readErrcode } from "./errcode-word.ts";

/** The content of a ledger for a broadcast while a code is claimed. */
export interface ClaimedRecord {
  run: string;
  attempt: number;
  /** When it was claimed, epoch ms; a takeover keeps the time of the record it replaces. */
  atMs: number;
  /** Whether the code may be good for several messages. */
  multiUse: boolean;
  /** Nothing is spent: a standing consent, or no permission at all. Such a record is `multiUse` too. */
  standing: boolean;
  /** The kind of event that the code came from, if stated: 2 or 3. Such a record is `multiUse` too. */
  scene?: number | undefined;
  /** The position of the code within `source`, from 1. */
  k: number;
  expireMs: number;
  formId: string;
  /** The entry to put back; empty for a code that had been spent before. latin1, like `source`. */
  own: string;
  /** The entry that the code was cut from, if something of that stayed in the pool; otherwise empty. */
  source: string;
}

export interface FinalRecord {
  outcome: FinalOutcome;
  run: string;
  attempts: number;
  atMs: number;
  errcode: Errcode | undefined;
  formId: string | undefined;
  msgid: string | undefined;
  /** Of the code, so that it can be used again if the operator asks for it. */
  multiUse: boolean;
  /** Nothing was spent. */
  standing: boolean;
  scene?: number | undefined;
  expireMs: number;
}

const CLAIMED = /^claimed (\S+) (\d+) (\d+) (\d) (\d+) (-?\d+) (\S+) (\d+)\n/;
const FINAL = /^(sent|no_code|rejected|failed|unknown) (\S+) (\d+) (\d+) (\S+) (\S+) (\S+) (\d) (-?\d+)$/;

/** One line of words, then the bytes to put back: `own`, whose length is the last word, and `source`. */
export function writeClaimed(record: ClaimedRecord): string {
  const { run, attempt, atMs, k, expireMs, formId, own, source } = record;
  const words = ["claimed", run, attempt, atMs, writeUse(record), k, expireMs, formId, own.length];
  return `${words.join(" ")}\n${own}${source}`;
}

/** Undefined for a record of any other kind. */
export function readClaimed(text: string): ClaimedRecord | undefined {
  const found = CLAIMED.exec(text);
  if (!found) return undefined;
  const [line, run = "", attempt, atMs, multi, k, expireMs, formId = "", size] = found;
  const middle = line.length + Number(size);
  return {
    run,
    attempt: Number(attempt),
    atMs: Number(atMs),
    ...readUse(multi),
    k: Number(k),
    expireMs: Number(expireMs),
    formId,
    own: text.slice(line.length, middle),
    source: text.slice(middle),
  };
}

export function writeFinal(record: FinalRecord): string {
  const { outcome, run, attempts, atMs, errcode, formId, msgid, expireMs } = record;
  const words = [outcome, run, attempts, atMs, errcodeWord(errcode), formId ?? "-", msgidWord(msgid)];
  return `${words.join(" ")} ${writeUse(record)} ${expireMs}`;
}

/** A msgid is whatever the API sent; records are words between spaces, and one that is none would break them. */
export function msgidWord(msgid: string | undefined): string {
  return msgid !== undefined && /^[\x21-\x7e]{1,64}$/.test(msgid) ? msgid : "-";
}

type Use = Pick<ClaimedRecord, "multiUse" | "standing" | "scene">;

/**
 * One digit: 0 a single use; 1 several uses, or no key to repeat an attempt with; 2 like 1 with nothing spent; 3 and 4
 * several uses of scene 2 and 3. `find-used.lua` reads it too.
 */
function writeUse({ multiUse, standing, scene }: Use): number {
  if (standing) return 2;
  if (scene === 2 || scene === 3) return scene + 1;
  return multiUse ? 1 : 0;
}

function readUse(digit: string | undefined): Use {
  const scene = digit === "3" || digit === "4" ? Number(digit) - 1 : undefined;
  return { multiUse: digit !== "0", standing: digit === "2", scene };
}

/** Undefined for a record of any other kind. */
export function readFinal(text: string): FinalRecord | undefined {
  const found = FINAL.exec(text);
  if (!found) return undefined;
  const [, outcome, run = "", attempts, atMs, errcode, formId, msgid, multi, expireMs] = found;
  return {
    outcome: outcome as FinalOutcome,
    run,
    attempts: Number(attempts),
    atMs: Number(atMs),
    errcode: readErrcode(errcode),
    formId: formId === "-" ? undefined : formId,
    msgid: msgid === "-" ? undefined : msgid,
    ...readUse(multi),
    expireMs: Number(expireMs),
  };
}

/** A final record without a code. */
export function finalWithout(
  outcome: FinalOutcome,
  run: string,
  attempts: number,
  atMs: number,
  errcode?: Errcode,
): string {
  const none = {
    formId: undefined,
    msgid: undefined,
    multiUse: false,
    standing: false,
    scene: undefined,
    expireMs: 0,
  };
  return writeFinal({ outcome, run, attempts, atMs, errcode, ...none });
}

/**
 * Whether a code may be good for several messages: it says so, or it has the form of a prepay_id. Such a code is not an
 * idempotency key of its own, so an attempt with unknown outcome must not be repeated with it. claim-codes.lua checks the
 * form as well.
 */
export function mayBringSeveral({ formId, uses, scene }: PushCode): boolean {
  return uses !== undefined || scene !== undefined || /^wx\d{14}/.test(formId);
}
