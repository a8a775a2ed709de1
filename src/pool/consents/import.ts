import { looksLikeOpenId } from "../check-value.ts";
import { type Consent, consentState } from "../consent.ts";
import { Rehearsal } from "../rehearse.ts";
import { type ConsentRow, type ParsedConsentRow, parseConsentRow, type RowTerms } from "./import-row.ts";
import { poolName } from "./name.ts";
import { Numbering } from "./numbering.ts";
import type { ConsentPush, ConsentStore } from "./ports.ts";

export interface ConsentImportTotals {
  /** All rows read, valid or not. */
  rows: number;
  imported: number;
  /** Left out: the pool already holds a consent with that id. */
  known: number;
  /** Left out: spent by broadcasts, according to the user's ledger, which keeps this for some days. */
  used: number;
  /** Left out: the pool has reached the cap. */
  capped: number;
  /** Left out: past the maximum age. */
  expired: number;
  /** Rows with a count of 0: users who have no consents left. */
  empty: number;
  /** Rows of templates other than the requested one. */
  otherTemplate: number;
  bad: number;
  /** Of the valid rows: those with openIds that don't have the shape of WeChat's. */
  oddOpenIds: number;
}

export interface ConsentImportOptions extends RowTerms {
  /**
   * Identifies consents of which the rows give only a number: importing that number again under the same batch name adds
   * nothing.
   */
  batch: string;
  onBad(place: string, why: string): void;
  onOdd?: (openId: string, place: string) => void;
  onStep?: (totals: ConsentImportTotals) => void;
  /** Only counts what an import would do. */
  dryRun?: boolean | undefined;
  signal: AbortSignal;
}

/** The approximate number of consents in one call to Redis: a single row may add as many again. */
const BATCH = 300;

interface Open extends ConsentPush {
  name: string;
  items: (Consent | string)[];
  /** The positions of its rows, for reporting problems with the key. */
  places: string[];
}

/**
 * Appends consents to pools, in the order of the rows, and validates each; invalid ones are reported and skipped. Importing
 * the same rows again adds nothing as long as the pool holds the consents or the ledger records them as spent. Memory: one
 * batch, and a number for each user whose rows have no ids of their own.
 */
export async function importConsents(
  store: ConsentStore,
  rows: AsyncIterable<ConsentRow>,
  options: ConsentImportOptions,
): Promise<ConsentImportTotals> {
  const totals = noTotals();
  const nowMs = await store.now();
  const gather = new Gather(options, nowMs, store.maxAgeMs, totals);
  const rehearsal = new Rehearsal((pools: ConsentPush[]) => store.push(pools, { dryRun: true }));
  const push: ConsentStore["push"] = (pools) => (options.dryRun ? rehearsal.push(pools) : store.push(pools));
  const pushes = new Pushes((pools) => pushAll({ keyOf: store.keyOf, push }, pools, totals, options));
  try {
    await gatherAll(rows, gather, pushes, totals, options);
  } catch (error) {
    // Calls under way count too.
    await pushes.end().catch(() => undefined);
    throw error;
  }
  return totals;
}

async function gatherAll(
  rows: AsyncIterable<ConsentRow>,
  gather: Gather,
  pushes: Pushes,
  totals: ConsentImportTotals,
  options: ConsentImportOptions,
): Promise<void> {
  for await (const row of rows) {
    totals.rows++;
    const parsed = parseConsentRow(row, options);
    if (typeof parsed === "string") {
      totals.bad++;
      options.onBad(row.place, parsed);
    } else gather.add(parsed, row.place);
    if (gather.size >= BATCH) await pushes.add(gather.take());
    if (options.signal.aborted) break;
  }
  await pushes.add(gather.take());
  await pushes.end();
}

function noTotals(): ConsentImportTotals {
  return {
    rows: 0,
    imported: 0,
    known: 0,
    used: 0,
    capped: 0,
    expired: 0,
    empty: 0,
    otherTemplate: 0,
    bad: 0,
    oddOpenIds: 0,
  };
}

/** Collects rows by pool until there are enough for a call. */
class Gather {
  size = 0;
  private readonly options: ConsentImportOptions;
  private readonly terms: { nowMs: number; maxAgeMs: number | undefined };
  private readonly totals: ConsentImportTotals;
  private readonly numbers: Numbering;
  private open = new Map<string, Open>();

  constructor(
    options: ConsentImportOptions,
    nowMs: number,
    maxAgeMs: number | undefined,
    totals: ConsentImportTotals,
  ) {
    this.options = options;
    this.terms = { nowMs, maxAgeMs };
    this.totals = totals;
    this.numbers = new Numbering(options.batch);
  }

  add(row: ParsedConsentRow, place: string): void {
    const { totals, options } = this;
    if (options.templateId !== undefined && row.templateId !== options.templateId) {
      totals.otherTemplate++;
      return;
    }
    if (!looksLikeOpenId(row.openId) && totals.oddOpenIds++ === 0) options.onOdd?.(row.openId, place);
    const name = poolName(row);
    const pool = this.open.get(name) ?? { name, items: [], places: [] };
    this.open.set(name, pool);
    pool.places.push(place);
    if ("raw" in row) {
      pool.items.push(row.raw);
      // Entries written by others may be long.
      this.size += 1 + row.raw.length / 1024;
      return;
    }
    if ("count" in row && row.count === 0) totals.empty++;
    for (const { atMs = this.terms.nowMs, ...rest } of "consent" in row
      ? [row.consent]
      : this.numbers.take(name, row)) {
      const consent = { ...rest, atMs };
      if (consentState(consent, this.terms) === "expired") totals.expired++;
      else pool.items.push(consent);
      this.size++;
    }
  }

  take(): Open[] {
    const open = [...this.open.values()];
    this.open = new Map();
    this.size = 0;
    return open.filter(({ items }) => items.length > 0);
  }
}

/** One batch is sent to Redis while rows are read for the next; batches go one after the other to keep each user's order. */
class Pushes {
  private readonly push: (pools: Open[]) => Promise<void>;
  private underWay: Promise<void> = Promise.resolve();

  constructor(push: (pools: Open[]) => Promise<void>) {
    this.push = push;
  }

  async add(pools: Open[]): Promise<void> {
    await this.underWay;
    this.underWay = this.push(pools);
    // Awaited by the next push, or at the end.
    this.underWay.catch(() => undefined);
  }

  end(): Promise<void> {
    return this.underWay;
  }
}

async function pushAll(
  store: Pick<ConsentStore, "keyOf" | "push">,
  pools: Open[],
  totals: ConsentImportTotals,
  options: ConsentImportOptions,
): Promise<void> {
  if (pools.length === 0) return;
  const replies = await store.push(pools);
  for (const [i, reply] of replies.entries()) {
    totals.imported += reply.pushed;
    totals.known += reply.known;
    totals.used += reply.used;
    totals.capped += reply.capped;
    if (!reply.notAList) continue;
    const { places, name } = pools[i]!;
    for (const place of places) {
      totals.bad++;
      options.onBad(place, `the key '${store.keyOf(name)}' is not a list`);
    }
  }
  options.onStep?.(totals);
}
