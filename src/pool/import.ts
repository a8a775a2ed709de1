import { looksLikeOpenId } from "./check-value.ts";
import { type ImportRow, parseRow } from "./import-row.ts";
import type { PoolStore, PushRequest } from "./ports.ts";
import { isOverlong } from "./times.ts";

export interface ImportTotals {
  /** Read, good and bad. */
  rows: number;
  imported: number;
  /** Left out: the pool holds that formId already. */
  known: number;
  /** Left out: broadcasts have used it, as the user's ledger knows for some days. */
  used: number;
  /** Left out: expired already. */
  expired: number;
  bad: number;
  /** Of the good: codes that claim to live longer than any code does. */
  overlong: number;
  /** Of the good: codes of openIds that have another shape than the platform's. */
  oddOpenIds: number;
}

export interface ImportOptions {
  isOpenId(text: string): boolean;
  onBad(place: string, why: string): void;
  /** The first openId of another shape than the platform's. */
  onOdd?: (openId: string, place: string) => void;
  onStep?: (totals: ImportTotals) => void;
  signal: AbortSignal;
}

/** Codes in one call, and bytes; calls under way: Redis has one to work on while rows are read for the next. */
const BATCH = 200;
const BATCH_BYTES = 256 * 1024;
const AHEAD = 3;

interface ImportCode {
  openId: string;
  push: PushRequest;
  place: string;
}

/**
 * Appends codes to pools in the plain JSON form, and entries that an export has byte for byte as they are; in the order of
 * the rows, validating each. Bad ones are reported and passed over. Holds several hundred rows in memory, however many there
 * are. Importing them twice adds nothing, nor does importing again what broadcasts have used since.
 */
export async function importCodes(
  store: PoolStore,
  rows: AsyncIterable<ImportRow>,
  options: ImportOptions,
): Promise<ImportTotals> {
  const totals: ImportTotals = {
    rows: 0,
    imported: 0,
    known: 0,
    used: 0,
    expired: 0,
    bad: 0,
    overlong: 0,
    oddOpenIds: 0,
  };
  const nowMs = await store.now();
  const pushes = new Pushes((batch) => pushBatch(store, batch, totals, options));
  try {
    await pushAll(rows, pushes, totals, nowMs, options);
  } catch (error) {
    // What is under way counts, too.
    await pushes.settled();
    throw error;
  }
  return totals;
}

async function pushAll(
  rows: AsyncIterable<ImportRow>,
  pushes: Pushes,
  totals: ImportTotals,
  nowMs: number,
  options: ImportOptions,
): Promise<void> {
  let batch: ImportCode[] = [];
  let bytes = 0;
  for await (const row of rows) {
    totals.rows++;
    const parsed = parseRow(row, options.isOpenId);
    if (typeof parsed === "string") {
      totals.bad++;
      options.onBad(row.place, parsed);
    } else if (parsed.expireMs <= nowMs) totals.expired++;
    else {
      const { openId, push } = parsed;
      if (parsed.expireMs !== Infinity && isOverlong(parsed.expireMs, nowMs)) totals.overlong++;
      if (!looksLikeOpenId(openId) && totals.oddOpenIds++ === 0) options.onOdd?.(openId, row.place);
      batch.push({ openId, push, place: row.place });
      bytes += push.entry.length;
    }
    if (batch.length >= BATCH || bytes >= BATCH_BYTES) {
      const kept = lastOf(batch);
      await pushes.add(batch.slice(0, batch.length - kept));
      batch = batch.slice(batch.length - kept);
      bytes = batch.reduce((sum, { push }) => sum + push.entry.length, 0);
    }
    if (options.signal.aborted) break;
  }
  await pushes.add(batch);
  await pushes.end();
}

/**
 * How many rows at the end of a batch are better left to the next one: those of its last user, of whom more may follow. Rows
 * of one user go one batch after the other, so a file that is sorted by user would be.
 */
function lastOf(batch: ImportCode[]): number {
  const openId = batch.at(-1)?.openId;
  const others = batch.findLastIndex((code) => code.openId !== openId);
  return batch.length - 1 - others <= BATCH / 4 ? batch.length - 1 - others : 0;
}

/** Batches that are being pushed: several at once, but never two with codes of the same user, whose order would be chance. */
class Pushes {
  private readonly push: (batch: ImportCode[]) => Promise<void>;
  private readonly underWay: { users: Set<string>; end: Promise<void> }[] = [];

  constructor(push: (batch: ImportCode[]) => Promise<void>) {
    this.push = push;
  }

  /** Resolves when there is room for another; rejects when an earlier one failed. */
  async add(batch: ImportCode[]): Promise<void> {
    const users = new Set(batch.map(({ openId }) => openId));
    const shares = (other: Set<string>) => [...users].some((user) => other.has(user));
    const last = this.underWay.findLastIndex((other) => shares(other.users));
    await this.wait(Math.max(last + 1, this.underWay.length - AHEAD + 1));
    const end = this.push(batch);
    // Awaited in its turn, or not at all when one before it has failed.
    end.catch(() => undefined);
    this.underWay.push({ users, end });
  }

  end(): Promise<void> {
    return this.wait(this.underWay.length);
  }

  /** Resolves when none is under way, whatever became of them. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.underWay.map(({ end }) => end));
  }

  private async wait(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      await this.underWay[0]!.end;
      this.underWay.shift();
    }
  }
}

async function pushBatch(
  store: PoolStore,
  batch: ImportCode[],
  totals: ImportTotals,
  options: ImportOptions,
): Promise<void> {
  const pools = new Map<string, ImportCode[]>();
  for (const code of batch) {
    const codes = pools.get(code.openId);
    if (codes) codes.push(code);
    else pools.set(code.openId, [code]);
  }
  if (pools.size === 0) return;
  const groups = [...pools.values()];
  const replies = await store.push(
    groups.map((codes) => ({ openId: codes[0]!.openId, codes: codes.map(({ push }) => push) })),
  );
  for (const [i, reply] of replies.entries()) {
    totals.imported += reply.pushed;
    totals.known += reply.known;
    totals.used += reply.used;
    if (!reply.notAList) continue;
    for (const { openId, place } of groups[i]!) {
      totals.bad++;
      options.onBad(place, `the key '${store.keyOf(openId)}' is not a list`);
    }
  }
  options.onStep?.(totals);
}
