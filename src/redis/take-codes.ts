import type { CodeBook, CodeFate, CodeReport } from "../collector/ports.ts";
import { PushCliError } from "../errors.ts";
import { isFormId } from "../pool/code.ts";
import { readHeldCodes } from "./held-codes.ts";
import { isOpenId, type Keys } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { changesAllTheTime, MAX_CONFLICTS, otherType, REPORT_AGAIN } from "./other-type.ts";
import { ENTRY_BUDGET, SCRIPTS, type ScriptArg } from "./scripts.ts";

export interface CodeBookOptions {
  /** How long a code is valid after its creation, ms. */
  lifeMs: number;
  /** Maximum valid codes in a pool. */
  cap: number;
  /** How many messages a code is good for if it does not say so; defaults to 1. */
  codeUses?: number | undefined;
}

/** A report that is being taken in. */
interface Pending {
  openId: string;
  codes: readonly CodeReport[];
  /** As the script expects it. */
  text: string;
  /** What was read of the pool; "" for nothing. */
  held: ScriptArg;
  conflicts: number;
  resolve(fates: CodeFate[]): void;
  reject(error: unknown): void;
}

/**
 * Reports per call of the script. Reports that arrive during a call are sent together when its reply is there, or when there
 * are enough for another call: each call costs both sides about as much as a report.
 */
const CALL_REPORTS = 16;

const FATES: Record<string, CodeFate> = {
  t: "taken",
  k: "known",
  u: "used",
  e: "expired",
  o: "over_cap",
};

/** See `CodeBook`. Reports that arrive together share a call; a pool of plain entries takes one. */
export function createCodeBook(link: RedisLink, keys: Keys, options: CodeBookOptions): CodeBook {
  let queue: Pending[] = [];
  let flying = 0;
  const add = (pending: Pending) => {
    const waiting = queue.push(pending);
    if (waiting === CALL_REPORTS) flush();
    else if (waiting === 1 && flying === 0) setImmediate(flush);
  };
  const flush = () => {
    const all = queue;
    queue = [];
    for (let at = 0; at < all.length; at += CALL_REPORTS) void send(all.slice(at, at + CALL_REPORTS));
  };
  const send = async (reports: Pending[]) => {
    flying++;
    try {
      const plan = (some: Pending[]) => toCall(keys, options, some);
      const replies = await link.runBatch(SCRIPTS.takeCodes, reports, plan).finally(() => {
        flying--;
        if (queue.length > 0) flush();
      });
      for (const [i, pending] of reports.entries()) settle(pending, String(replies[i]));
    } catch (error) {
      for (const { reject } of reports) reject(error);
    }
  };
  const settle = (pending: Pending, reply: string) => {
    const only = reply.length === 1 ? FATES[reply] : undefined;
    if (only !== undefined) return pending.resolve([only]);
    const letters = Array.from(reply, (letter) => FATES[letter]);
    if (letters.every((fate) => fate !== undefined)) pending.resolve(letters);
    else if (reply === "~") add(pending);
    else if (reply === "!" || reply === "#") pending.reject(otherType(keys, pending.openId, reply === "!"));
    else readAndAdd(pending, Number(reply.slice(1))).catch(pending.reject);
  };
  const readAndAdd = async (pending: Pending, nowMs: number) => {
    if (++pending.conflicts > MAX_CONFLICTS) throw changesAllTheTime(keys, pending.openId, REPORT_AGAIN);
    const terms = { cap: options.cap, nowMs: nowMs || (await link.now()) };
    pending.held = await readHeldCodes(link, keys, pending, terms);
    add(pending);
  };
  return {
    take: (openId, codes) =>
      new Promise((resolve, reject) => {
        const text = toText(openId, codes, options.codeUses);
        if (codes.length === 0) resolve([]);
        else add({ openId, codes, text, held: "", conflicts: 0, resolve, reject });
      }),
  };
}

function toCall(keys: Keys, { lifeMs, cap }: CodeBookOptions, reports: Pending[]) {
  const args: ScriptArg[] = [lifeMs, cap, ENTRY_BUDGET];
  const all = [];
  for (const { openId, text, held } of reports) {
    all.push(keys.pool(openId), keys.ledger(openId), keys.seen(openId));
    args.push(text, held);
  }
  return { keys: all, args };
}

/** Throws a usage error for values that can't be a code. */
function toText(openId: string, codes: readonly CodeReport[], codeUses = 1): string {
  if (!isOpenId(openId)) throw unusable("openId", openId);
  let text = "";
  for (const { formId, ageMs, notAfterMs, uses, scene } of codes) {
    if (!isFormId(formId)) throw unusable("formId", formId);
    if (!(ageMs >= 0)) throw unusable("age", String(ageMs));
    const age = Math.min(Math.floor(ageMs), Number.MAX_SAFE_INTEGER);
    const latest = notAfterMs === undefined ? "-" : Math.floor(notAfterMs);
    text += `${formId} ${age} ${latest} ${uses ?? codeUses} ${scene ?? "-"}\n`;
  }
  return text;
}

function unusable(what: string, value: string): PushCliError {
  return new PushCliError("usage", `cannot accept a code whose ${what} is '${value}'`);
}
