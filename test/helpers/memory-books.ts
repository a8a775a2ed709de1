import type { Receipt } from "../../src/broadcast/receipts.ts";
import type { CodeFate, CodeReport, CollectorBooks, Grant, GrantFate } from "../../src/collector/ports.ts";
import { PushCliError } from "../../src/errors.ts";

const LIFE_MS = 7 * 86_400_000;
const DAY_MS = 86_400_000;
const PAIRED_WITHIN_MS = 600_000;

/** What Redis does wrong: it never answers, refuses, or has done its work and the answer is lost. */
export type BookFault = "none" | "hangs" | "refuses" | "answer lost";

export interface MemoryBooks extends CollectorBooks {
  fault: BookFault;
  /** Steps that were asked for, whatever became of them. */
  calls: number;
  /** By openId: formId and expiry, the oldest first. */
  pools: Map<string, { formId: string; expireMs: number; uses?: number; scene?: number }[]>;
  used: Set<string>;
  /** By openId and template, separated by a blank. */
  granted: Map<string, number>;
  receipts: Receipt[];
}

/** The collector's books without Redis, for faults that a real one has only now and then. */
export function createMemoryBooks({ cap = 100, now = Date.now } = {}): MemoryBooks {
  const told = new Map<string, { source: string; atMs: number; isPaired: boolean }>();
  const seenCodes = new Set<string>();

  const take = (openId: string, { formId, ageMs, notAfterMs, ...more }: CodeReport): CodeFate => {
    if (books.used.has(formId)) return "used";
    if (seenCodes.has(`${openId} ${formId}`)) return "known";
    const expireMs = Math.min(now() + LIFE_MS - ageMs, notAfterMs ?? Number.POSITIVE_INFINITY);
    if (expireMs <= now()) return "expired";
    const pool = [
      ...(books.pools.get(openId) ?? []),
      { formId, expireMs, ...(more as { uses?: number; scene?: number }) },
    ];
    pool.sort((a, b) => a.expireMs - b.expireMs);
    const kept = pool.slice(-cap);
    if (!kept.some((code) => code.formId === formId)) return "over_cap";
    books.pools.set(openId, kept);
    seenCodes.add(`${openId} ${formId}`);
    return "taken";
  };

  const grant = ({ openId, source, key, when }: Grant, templateId: string): GrantFate => {
    const atMs = "atMs" in when ? when.atMs : now() - when.ageMs;
    if (atMs < now() - DAY_MS) return "expired";
    const name = `${openId} ${templateId}`;
    if (told.has(`${name} ${source} ${key}`)) return "known";
    const other = [...told].find(
      ([id, one]) =>
        id.startsWith(`${name} `) &&
        one.source !== source &&
        !one.isPaired &&
        Math.abs(one.atMs - atMs) <= PAIRED_WITHIN_MS,
    )?.[1];
    told.set(`${name} ${source} ${key}`, { source, atMs, isPaired: other !== undefined });
    if (other) {
      other.isPaired = true;
      return "paired";
    }
    books.granted.set(name, (books.granted.get(name) ?? 0) + 1);
    return "taken";
  };

  const withdraw = (openId: string, templateId: string): number => {
    const name = `${openId} ${templateId}`;
    const gone = books.granted.get(name) ?? 0;
    books.granted.delete(name);
    return gone;
  };

  const receive = (receipt: Receipt): boolean => {
    if (books.receipts.some(({ msgid }) => msgid === receipt.msgid)) return false;
    books.receipts.push(receipt);
    return true;
  };

  async function step<T>(work: () => T): Promise<T> {
    books.calls++;
    if (books.fault === "hangs") return new Promise(() => undefined);
    if (books.fault === "refuses") throw new PushCliError("redis", "can't connect to Redis");
    const done = work();
    if (books.fault === "answer lost") throw new PushCliError("redis", "the connection to Redis was lost");
    return done;
  }

  const books: MemoryBooks = {
    fault: "none",
    calls: 0,
    pools: new Map(),
    used: new Set(),
    granted: new Map(),
    receipts: [],
    codes: { take: (openId, codes) => step(() => codes.map((code) => take(openId, code))) },
    consents: {
      grant: (given) => step(() => given.templateIds.map((id) => grant(given, id))),
      withdraw: ({ openId, templateIds }) => step(() => templateIds.map((id) => withdraw(openId, id))),
      receive: (receipt) => step(() => receive(receipt)),
    },
    ping: () => step(() => undefined),
  };
  return books;
}
