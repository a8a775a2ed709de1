import { looksLikeOpenId } from "./check-value.ts";
import { Batch, Pushes, type UserCodes } from "./import-batch.ts";
import { type ImportRow, type ParsedRow, parseRow, placeOf } from "./import-row.ts";
import type { PoolStore, PushRequest } from "./ports.ts";
import { Rehearsal, type RehearsedPool } from "./rehearse.ts";
import { isOverlong } from "./times.ts";

export interface ImportTotals {
  /** All rows read, valid or not. */
  rows: number;
  imported: number;
  /** Left out: the pool already holds that formId. */
  known: number;
  /** Left out: used by broadcasts, according to the user's ledger, which keeps this for some days. */
  used: number;
  /** Left out: already expired. */
  expired: number;
  bad: number;
  /** Of the valid rows: codes with an expiry later than the platform allows. */
  overlong: number;
  /** Of the valid rows: codes whose openIds don't have the shape of the platform's. */
  oddOpenIds: number;
}

export interface ImportOptions {
  isOpenId(text: string): boolean;
  onBad(place: string, why: string): void;
  /** Called for the first openId that doesn't have the shape of the platform's. */
  onOdd?: (openId: string, place: string) => void;
  onStep?: (totals: ImportTotals) => void;
  /** Only counts what an import would do. */
  dryRun?: boolean | undefined;
  signal: AbortSignal;
}

/**
 * Appends codes to pools in the plain JSON form, and raw entries of an export unchanged; in the order of the rows,
 * validating each. Invalid rows are reported and skipped. Holds several hundred rows in memory, whatever their total (a dry
 * run holds all codes). Importing codes twice adds nothing, nor does importing codes that broadcasts have used since.
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
  const push = options.dryRun ? rehearse(store) : store.push;
  const pushes = new Pushes((users) => pushUsers({ keyOf: store.keyOf, push }, users, totals, options));
  try {
    await pushAll(pages, pushes, totals, nowMs, options);
  } catch (error) {
    // Calls under way count too.
    await pushes.settled();
    throw error;
  }
  return totals;
}

function rehearse(store: PoolStore): PoolStore["push"] {
  const rehearsal = new Rehearsal((pools: RehearsedPool<PushRequest>[]) =>
    store.push(
      pools.map(({ name, items }) => ({ openId: name, codes: [...items] })),
      { dryRun: true },
    ),
  );
  return (users) => rehearsal.push(users.map(({ openId, codes }) => ({ name: openId, items: codes })));
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

/** What to push for a row; undefined for one that is left out, which is counted, and reported if it is invalid. */
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

async function pushUsers(
  store: Pick<PoolStore, "keyOf" | "push">,
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
