import { type ConsentTerms, consentState, readConsent } from "../consent.ts";
import { type PoolReader, readPools } from "../read-pools.ts";
import { poolOfName } from "./name.ts";
import type { ConsentStore } from "./ports.ts";

const DAY_MS = 86_400_000;
/** Upper bounds in days of the age classes in which consents are counted. */
const AGE_DAYS = [1, 7, 30, 90, 180, 365] as const;

type Counts = Record<"valid" | "standing" | "expired" | "unreadable", number>;

/** One template in the document of `pool stats`. */
export interface TemplateStats {
  templateId: string;
  /** Users with any entry for this template. */
  pools: number;
  /** Users with a valid or standing consent. */
  reachable: number;
  consents: Counts;
  oldest: string | null;
  newest: string | null;
}

/** The JSON document of `pool stats` for consents; a contract. */
export interface ConsentStats {
  pools: number;
  /** Pools with a valid or standing consent; a pool is one user and one template. */
  reachable: number;
  consents: Counts;
  templates: TemplateStats[];
  /** How many users have this many valid consents of a template. */
  perUser: { consents: number; users: number }[];
  /** Valid and standing ones; `underDays` is null for those older than the last class. */
  byAge: { underDays: number | null; consents: number }[];
}

interface Tally {
  templateId: string;
  counts: Counts;
  ages: number[];
  oldestMs: number;
  newestMs: number;
}

/**
 * Reads all pools and counts; undefined when it was stopped, because a partial count is useless. Memory: one batch, and a
 * line per template.
 */
export async function collectConsentStats(
  store: ConsentStore,
  options: { match?: string | undefined; signal: AbortSignal; onRead?: (read: number) => void },
): Promise<ConsentStats | undefined> {
  const terms = { nowMs: await store.now(), maxAgeMs: store.maxAgeMs };
  const totals = new Totals();
  for await (const tallies of readPools(store, store.sweep({ match: options.match }), tallyReader(terms))) {
    if (options.signal.aborted) return undefined;
    for (const tally of tallies) totals.add(tally);
    options.onRead?.(totals.pools);
  }
  return options.signal.aborted ? undefined : totals.toDocument();
}

function tallyReader(terms: ConsentTerms): PoolReader<Tally> {
  return {
    start: (name) => ({
      templateId: poolOfName(name).templateId,
      counts: noCounts(),
      ages: AGES.map(() => 0),
      oldestMs: Number.POSITIVE_INFINITY,
      newestMs: Number.NEGATIVE_INFINITY,
    }),
    add: (tally, raw) => {
      const entry = readConsent(raw);
      const state = entry.readable ? consentState(entry.consent, terms) : "unreadable";
      tally.counts[state]++;
      if (!entry.readable || state === "expired") return;
      const { atMs } = entry.consent;
      const days = (terms.nowMs - atMs) / DAY_MS;
      tally.ages[AGES.findIndex((age) => days < age)]!++;
      tally.oldestMs = Math.min(tally.oldestMs, atMs);
      tally.newestMs = Math.max(tally.newestMs, atMs);
    },
  };
}

const AGES = [...AGE_DAYS, Number.POSITIVE_INFINITY];

function noCounts(): Counts {
  return { valid: 0, standing: 0, expired: 0, unreadable: 0 };
}

interface TemplateTotals extends Tally {
  pools: number;
  reachable: number;
}

class Totals {
  pools = 0;
  private readonly templates = new Map<string, TemplateTotals>();
  private readonly perUser = new Map<number, number>();

  add(tally: Tally): void {
    const { counts, ages, templateId } = tally;
    // Emptied between the sweep and the read.
    if (Object.values(counts).every((count) => count === 0)) return;
    this.pools++;
    const known = this.templates.get(templateId);
    const total = known ?? { ...tally, counts: noCounts(), ages: AGES.map(() => 0), pools: 0, reachable: 0 };
    if (!known) this.templates.set(templateId, total);
    total.pools++;
    if (counts.valid + counts.standing > 0) total.reachable++;
    addCounts(total.counts, counts);
    for (const [i, count] of ages.entries()) total.ages[i]! += count;
    total.oldestMs = Math.min(total.oldestMs, tally.oldestMs);
    total.newestMs = Math.max(total.newestMs, tally.newestMs);
    if (counts.valid > 0) this.perUser.set(counts.valid, (this.perUser.get(counts.valid) ?? 0) + 1);
  }

  toDocument(): ConsentStats {
    const templates = [...this.templates.values()].sort(
      (a, b) => b.pools - a.pools || (a.templateId < b.templateId ? -1 : 1),
    );
    const consents = noCounts();
    for (const { counts } of templates) addCounts(consents, counts);
    const sum = (count: (template: TemplateTotals) => number) =>
      templates.reduce((all, template) => all + count(template), 0);
    return {
      pools: this.pools,
      reachable: sum(({ reachable }) => reachable),
      consents,
      templates: templates.map(toTemplateStats),
      perUser: [...this.perUser]
        .sort(([a], [b]) => a - b)
        .map(([count, users]) => ({ consents: count, users })),
      byAge: AGES.map((days, i) => ({
        underDays: days === Number.POSITIVE_INFINITY ? null : days,
        consents: sum(({ ages }) => ages[i]!),
      })),
    };
  }
}

function toTemplateStats({ templateId, pools, reachable, counts, oldestMs, newestMs }: TemplateTotals) {
  const iso = (ms: number) => (Number.isFinite(ms) ? new Date(ms).toISOString() : null);
  return { templateId, pools, reachable, consents: counts, oldest: iso(oldestMs), newest: iso(newestMs) };
}

function addCounts(to: Counts, from: Counts): void {
  for (const state of ["valid", "standing", "expired", "unreadable"] as const) to[state] += from[state];
}
