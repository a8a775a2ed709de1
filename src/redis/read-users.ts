import type { Keys } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import type { PermissionRules } from "./permission-rules.ts";
import { SCRIPTS, type ScriptArg } from "./scripts.ts";

/** What was read of a pool, in bounded pieces. */
export interface PoolReading {
  /** `later`: nothing was read, because the call had no room left; any other word: the key's type, which is no list. */
  kind: "list" | "later" | (string & {});
  /** latin1; undefined for one that is longer than any that is understood. */
  entries: (string | undefined)[];
  /** Whether the pool ends with these. */
  ended: boolean;
}

/** A user's record and the beginning of the pool, as they were at one moment. */
export interface UserReading {
  record: string | undefined;
  /** Redis' error about a ledger's key that is not a hash. */
  fault: string | undefined;
  /** What the policy asks of ledgers and this user's does not have: see `notIn` and `caps`. */
  leftOutBy: "notIn" | "capped" | undefined;
  pool: PoolReading;
  /** Redis' clock. */
  nowMs: number;
}

/** The script arguments that name a broadcast and a run of it, and a ledger's lifetime. */
export type LedgerHead = [broadcastId: string, runId: string, ttlMs: number];

/** Whose ledgers, and what their claims take. */
export interface Book {
  keys: Keys;
  head: LedgerHead;
  rules: PermissionRules;
  /** See `encodePolicy`; absent: everybody may be claimed for. */
  policy?: string;
}

/** In the place of a claim: another message to this user is on its way. */
export const LATER = "later";

/** Reads without claiming. At most `count` entries of each pool. */
export async function readUsers(
  link: RedisLink,
  book: Book,
  users: { openId: string; from?: number }[],
  count: number,
): Promise<UserReading[]> {
  const { keys, head, rules } = book;
  const lines = await callClaim(link, { keys, head, rules }, users, count, false);
  return lines.filter((line) => typeof line !== "string");
}

/**
 * Claims the plain codes at the heads of pools, for users that begin at index 0: their reply is a line of words, or
 * `LATER`. Of all others, at most `count` entries.
 */
export async function callClaim(
  link: RedisLink,
  { keys, head, rules, policy = "" }: Book,
  users: { openId: string; from?: number }[],
  count: number,
  claims: boolean,
): Promise<(string | UserReading)[]> {
  const plan = (some: typeof users) => {
    const froms: ScriptArg[] = some.some(({ from = 0 }) => from > 0) ? some.map(({ from = 0 }) => from) : [];
    const args = [...head, claims ? rules.fastPath : 0, count, rules.maxAgeMs, policy, ...froms];
    return { keys: keys.pairs(some.map(({ openId }) => openId)), args };
  };
  return Array.from(await link.runBatch(SCRIPTS.claimCodes, users, plan, toLines));
}

function toLines(reply: unknown): (string | UserReading)[] {
  const [text, blob, nowMs] = reply as [Buffer, Buffer, number];
  const lines = text.toString("latin1").split("\n");
  if (blob.length === 0 && !lines.some((line) => line.startsWith(" "))) return lines;
  const bytes = new Measured(blob);
  return lines.map((line) => (line.startsWith(" ") ? toUser(line, bytes, nowMs) : line));
}

/** How claim-codes.lua says by what a ledger leaves its user out. */
const MARKS: Record<string, UserReading["leftOutBy"]> = { "=": "notIn", "+": "capped" };

function toUser(line: string, bytes: Measured, nowMs: number): UserReading {
  const [, record = "-", ...rest] = line.split(" ");
  const leftOutBy = MARKS[rest[0] ?? ""];
  const piece = leftOutBy ? rest.slice(1) : rest;
  const isFault = record.startsWith("!");
  const text = bytes.take(isFault ? record.slice(1) : record);
  const user = { record: isFault ? undefined : text, fault: isFault ? text : undefined };
  return { ...user, leftOutBy, pool: toPool(piece, bytes), nowMs };
}

/** A pool's piece from the words of read-piece.lua. */
export function toPool([word = "", ...lengths]: string[], bytes: Measured): PoolReading {
  const kind = word === "end" || word === "more" ? "list" : word;
  return { kind, entries: lengths.map((length) => bytes.take(length)), ended: word === "end" };
}

/** Bytes of which lengths take one after the other. */
export class Measured {
  private readonly text: string;
  private at = 0;

  constructor(bytes: Buffer) {
    this.text = bytes.toString("latin1");
  }

  /** Undefined for "-". */
  take(length: string): string | undefined {
    if (length === "-") return undefined;
    const from = this.at;
    this.at += Number(length);
    return this.text.slice(from, this.at);
  }
}
