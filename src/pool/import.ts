import { isFormId, writeEntry } from "./code.ts";
import type { PoolStore, PushRequest } from "./ports.ts";
import { timeToMs } from "./read-entry.ts";

/** One code to import before validation; fields as they were found. */
export interface ImportRow {
  /** Where it stands, as messages have it: "line 6", "key 'mina:openId:oA'". */
  place: string;
  openId?: unknown;
  formId?: unknown;
  expire?: unknown;
  uses?: unknown;
  /** Why it could not even be taken apart. */
  error?: string;
}

export interface ImportTotals {
  /** Read, good and bad. */
  rows: number;
  imported: number;
  /** Left out: the pool holds that formId already. */
  known: number;
  /** Left out: expired already. */
  expired: number;
  bad: number;
}

export interface ImportOptions {
  isOpenId(text: string): boolean;
  onBad(place: string, why: string): void;
  onStep?: (totals: ImportTotals) => void;
  signal: AbortSignal;
}

/** Codes in one round trip. */
const BATCH = 200;

interface ImportCode {
  openId: string;
  push: PushRequest;
  place: string;
}

/**
 * Appends codes to pools in the plain JSON form, in the order of the rows, validating each; bad ones are reported and
 * passed over. Holds a few hundred rows in memory, however many there are. Importing them twice adds nothing.
 */
export async function importCodes(
  store: PoolStore,
  rows: AsyncIterable<ImportRow>,
  options: ImportOptions,
): Promise<ImportTotals> {
  const totals: ImportTotals = { rows: 0, imported: 0, known: 0, expired: 0, bad: 0 };
  const nowMs = await store.now();
  let batch: ImportCode[] = [];
  for await (const row of rows) {
    totals.rows++;
    const code = parseRow(row, options.isOpenId);
    if (typeof code === "string") {
      totals.bad++;
      options.onBad(row.place, code);
    } else if (code.expireMs <= nowMs) totals.expired++;
    else
      batch.push({
        openId: code.openId,
        push: { formId: code.formId, entry: writeEntry(code) },
        place: row.place,
      });
    if (batch.length >= BATCH) {
      await pushBatch(store, batch, totals, options);
      batch = [];
    }
    if (options.signal.aborted) break;
  }
  await pushBatch(store, batch, totals, options);
  return totals;
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
    if (!reply.notAList) continue;
    for (const { openId, place } of groups[i]!) {
      totals.bad++;
      options.onBad(place, `the key '${store.keyOf(openId)}' is not a list`);
    }
  }
  options.onStep?.(totals);
}

interface ParsedRow {
  openId: string;
  formId: string;
  expireMs: number;
  uses?: number;
}

/** The code of a row, or why it is none. */
function parseRow(row: ImportRow, isOpenId: (text: string) => boolean): ParsedRow | string {
  if (row.error !== undefined) return row.error;
  const { openId, formId } = row;
  if (typeof openId !== "string" || !isOpenId(openId)) return `${quote(openId)} is not an openId`;
  if (typeof formId !== "string" || !isFormId(formId)) return `${quote(formId)} is not a formId`;
  const expireMs = parseExpire(row.expire);
  if (expireMs === undefined) {
    return `${quote(row.expire)} is not an expiry: epoch ms, epoch seconds or ISO 8601`;
  }
  if (row.uses === undefined || row.uses === null || row.uses === "") return { openId, formId, expireMs };
  const uses = Number(row.uses);
  if (!Number.isInteger(uses) || uses < 1 || uses > 1000)
    return `${quote(row.uses)} is not a number of uses (1 to 1000)`;
  return { openId, formId, expireMs, uses };
}

const ISO_8601 = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?(Z|[+-]\d\d:?\d\d))?)?$/;

/** Epoch ms or seconds, as a number or digits, or ISO 8601. */
function parseExpire(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? timeToMs(value) : undefined;
  if (typeof value !== "string") return undefined;
  if (/^\d{1,16}$/.test(value)) return timeToMs(Number(value));
  if (!ISO_8601.test(value)) return undefined;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? undefined : ms;
}

function quote(value: unknown): string {
  if (value === undefined || value === "") return "nothing";
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  return `'${text.length > 60 ? `${text.slice(0, 60)}...` : text}'`;
}
