import { rankPools } from "../rank-pools.ts";
import { readPools } from "../read-pools.ts";
import { poolName } from "./name.ts";
import type { ConsentStore } from "./ports.ts";
import { type ConsentSummary, consentReader, countEntries } from "./summary.ts";

export type ConsentSort = "scan" | "valid" | "expiry";

/** Which pools to list; all given conditions must hold. Standing consents count as valid. */
export interface ConsentFilter {
  /** A glob on the openId. */
  match?: string | undefined;
  minValid?: number | undefined;
  maxValid?: number | undefined;
  /** The oldest consent passes the maximum age within this many ms. */
  expiringWithinMs?: number | undefined;
  unreadable?: boolean | undefined;
}

export interface ConsentListOptions {
  filter: ConsentFilter;
  sort: ConsentSort;
  limit?: number | undefined;
  onStep?: ((read: number) => void) | undefined;
  /** Called before the first pool if a sort without a limit leaves pools out. */
  onCut?: ((kept: number, found: number) => void) | undefined;
}

/** Lists pools of consents, a page at a time, as `listPools` does for pools of codes. */
export async function* listConsents(
  store: ConsentStore,
  options: ConsentListOptions,
): AsyncGenerator<ConsentSummary[]> {
  const { sort } = options;
  const ranking = sort === "scan" ? undefined : { compare: COMPARE[sort], keyOf: poolName };
  yield* rankPools<ConsentSummary>(() => findPools(store, options), ranking, options);
}

async function* findPools(
  store: ConsentStore,
  { filter, onStep }: ConsentListOptions,
): AsyncGenerator<ConsentSummary[]> {
  const terms = { nowMs: await store.now(), maxAgeMs: store.maxAgeMs };
  let read = 0;
  for await (const pools of readPools(store, store.sweep({ match: filter.match }), consentReader(terms))) {
    read += pools.length;
    onStep?.(read);
    const found = pools.filter((pool) => countEntries(pool) > 0 && passes(pool, filter, terms));
    if (found.length > 0) yield found;
  }
}

function passes(
  { valid, standing, unreadable, oldestMs }: ConsentSummary,
  filter: ConsentFilter,
  { nowMs, maxAgeMs = Number.POSITIVE_INFINITY }: { nowMs: number; maxAgeMs?: number | undefined },
): boolean {
  const { minValid = 0, maxValid = Number.POSITIVE_INFINITY, expiringWithinMs } = filter;
  if (valid + standing < minValid || valid + standing > maxValid) return false;
  if (filter.unreadable && unreadable === 0) return false;
  return (
    expiringWithinMs === undefined ||
    (oldestMs ?? Number.POSITIVE_INFINITY) + maxAgeMs <= nowMs + expiringWithinMs
  );
}

type Compare = (a: ConsentSummary, b: ConsentSummary) => number;

/** The consent given first expires first. */
const COMPARE: Record<Exclude<ConsentSort, "scan">, Compare> = {
  valid: (a, b) => b.valid + b.standing - a.valid - a.standing || byName(a, b),
  expiry: (a, b) => (a.oldestMs ?? Number.MAX_VALUE) - (b.oldestMs ?? Number.MAX_VALUE) || byName(a, b),
};

function byName(a: ConsentSummary, b: ConsentSummary): number {
  const [first, second] = [poolName(a), poolName(b)];
  return first < second ? -1 : first > second ? 1 : 0;
}
