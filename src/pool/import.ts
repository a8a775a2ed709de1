import { looksLikeOpenId } from "./check-value.ts";
import { type ImportRow, type ParsedRow, parseRow, placeOf } from "./import-row.ts";
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

/**
 * Appends codes to pools in the plain JSON form, and entries that an export has byte for byte as they are; in the order of
 * the rows, validating each. Bad ones are reported and passed over. Holds several hundred rows in memory, however many there
 * are. Importing them twice adds nothing, nor does importing again what broadcasts have used since.
 */
export async function importCodes(
  store: PoolStore,
  pages: AsyncIterable<ImportRow[]>,
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
  const pushes = new Pushes((users) => pushUsers(store, users, totals, options));
  try {
    await pushAll(pages, pushes, totals, nowMs, options);
  } catch (error) {
    // What is under way counts, too.
    await pushes.settled();
    throw error;
  }
  return totals;
}

async function pushAll(
  pages: AsyncIterable<ImportRow[]>,
  pushes: Pushes,
  totals: ImportTotals,
  nowMs: number,
  options: ImportOptions,
): Promise<void> {
  let batch = new Batch();
  for await (const page of pages) {
    for (const row of page) {
      totals.rows++;
      const code = checkRow(row, totals, nowMs, options);
      if (code) batch.add(code, row);
      if (batch.isFull) {
        const next = batch.takeLast();
        await pushes.add(batch.users);
        batch = next;
      }
      if (options.signal.aborted) break;
    }
    if (options.signal.aborted) break;
  }
  await pushes.add(batch.users);
  await pushes.end();
}

/** What to push for a row; undefined for one that is left out, which is counted, and told when it is bad. */
function checkRow(
  row: ImportRow,
  totals: ImportTotals,
  nowMs: number,
  { isOpenId, onBad, onOdd }: ImportOptions,
): ParsedRow | undefined {
  const parsed = parseRow(row, isOpenId);
  if (typeof parsed === "string") {
    totals.bad++;
    onBad(placeOf(row), parsed);
    return undefined;
  }
  const { openId, expireMs } = parsed;
  if (expireMs <= nowMs) {
    totals.expired++;
    return undefined;
  }
  if (expireMs !== Infinity && isOverlong(expireMs, nowMs)) totals.overlong++;
  if (!looksLikeOpenId(openId) && totals.oddOpenIds++ === 0) onOdd?.(openId, placeOf(row));
  return parsed;
}

/** The codes of a user that go in one call, and the row of each. */
interface UserCodes {
  openId: string;
  codes: PushRequest[];
  rows: ImportRow[];
}

/** The codes that go in one call, by user. */
class Batch {
  readonly users = new Map<string, UserCodes>();
  private last: UserCodes | undefined;
  private codes = 0;
  private bytes = 0;

  add({ openId, push }: ParsedRow, row: ImportRow): void {
    const user = this.last?.openId === openId ? this.last : this.userOf(openId);
    user.codes.push(push);
    user.rows.push(row);
    this.last = user;
    this.codes++;
    this.bytes += push.entry.length;
  }

  private userOf(openId: string): UserCodes {
    const known = this.users.get(openId);
    if (known) return known;
    const user: UserCodes = { openId, codes: [], rows: [] };
    this.users.set(openId, user);
    return user;
  }

  get isFull(): boolean {
    return this.codes >= BATCH || this.bytes >= BATCH_BYTES;
  }

  /**
   * The next batch, which the codes of the last user go to, be they not too many: more of them may follow. Rows of one user
   * go one batch after the other, so a file that is sorted by user would be.
   */
  takeLast(): Batch {
    const next = new Batch();
    const { last } = this;
    if (!last || this.users.size < 2 || last.codes.length > BATCH / 4) return next;
    this.users.delete(last.openId);
    next.users.set(last.openId, last);
    next.last = last;
    next.codes = last.codes.length;
    next.bytes = last.codes.reduce((sum, { entry }) => sum + entry.length, 0);
    return next;
  }
}

/** Batches that are being pushed: several at once, but never two with codes of the same user, whose order would be chance. */
class Pushes {
  private readonly push: (users: UserCodes[]) => Promise<void>;
  private readonly underWay: { users: Map<string, UserCodes>; end: Promise<void> }[] = [];

  constructor(push: (users: UserCodes[]) => Promise<void>) {
    this.push = push;
  }

  /** Resolves when there is room for another; rejects when an earlier one failed. */
  async add(users: Map<string, UserCodes>): Promise<void> {
    if (users.size === 0) return;
    const shares = (other: Map<string, UserCodes>) => [...users.keys()].some((openId) => other.has(openId));
    const last = this.underWay.findLastIndex((other) => shares(other.users));
    await this.wait(Math.max(last + 1, this.underWay.length - AHEAD + 1));
    const end = this.push([...users.values()]);
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

async function pushUsers(
  store: PoolStore,
  users: UserCodes[],
  totals: ImportTotals,
  options: ImportOptions,
): Promise<void> {
  const replies = await store.push(users);
  for (const [i, reply] of replies.entries()) {
    totals.imported += reply.pushed;
    totals.known += reply.known;
    totals.used += reply.used;
    if (!reply.notAList) continue;
    const { openId, rows } = users[i]!;
    for (const row of rows) {
      totals.bad++;
      options.onBad(placeOf(row), `the key '${store.keyOf(openId)}' is not a list`);
    }
  }
  options.onStep?.(totals);
}
