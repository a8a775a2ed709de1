import type { Day } from "./days.ts";
import { type Counter, type Estimate, estimate } from "./estimate.ts";
import { CLASSES, type StatsTotals } from "./stats.ts";
import type { Writer } from "./writer.ts";

/** Lower and upper bound of an estimated number, with 95 % confidence; present only in an estimate. */
export type Interval = [low: number, high: number];

type CountedCodes = keyof StatsTotals["codes"];

interface Estimated {
  interval?: Interval;
}

/** The JSON document of `pool stats`; field names are a contract (design section 7). */
export interface StatsDocument {
  pools: number;
  /** Users with a valid code. */
  reachable: number;
  /** `overlong`: valid codes with an expiry later than the platform allows. */
  codes: Record<CountedCodes, number>;
  /** Users by their number of valid codes; users without any are left out. */
  perUser: ({ codes: string; users: number } & Estimated)[];
  /** Valid codes by the day on which they expire: today, the next 7 days, and later days with any. */
  expiringBy: ({ date: string; codes: number } & Estimated)[];
  /** Valid codes that expire after all those days. */
  expiringLater: number;
  /** Users who will still have a valid code at the end of today and of each of the next 6 days. */
  reachableBy: ({ date: string; users: number } & Estimated)[];
  writers: ({
    writer: Writer;
    entries: number;
    unreadable: number;
    overlong: number;
    unreadableInterval?: Interval;
  } & Estimated)[];
  /** The time zone of these days. */
  timeZone: string;
  /** When it was counted, ISO 8601, by Redis' clock. */
  at: string;
  exact: boolean;
  /** Present only in an estimate. */
  sample?: { pools: number; confidence: 0.95 };
  intervals?: {
    reachable: Interval;
    codes: Record<CountedCodes, Interval>;
    expiringLater: Interval;
  };
}

export interface StatsOrigin {
  timeZone: string;
  atMs: number;
  /** For a sample: how many pools were read, and of how many. */
  sample?: { read: number; total: number } | undefined;
}

/** Days that are shown even if nothing expires on them: a code issued today lives until the last one. */
const SHOWN_DAYS = 8;

/** Makes the document from the counts, or from estimates if the sample is not the whole. */
export function toStatsDocument(totals: StatsTotals, { timeZone, atMs, sample }: StatsOrigin): StatsDocument {
  const exact = sample === undefined || sample.read >= sample.total;
  const of = (counter: Counter): Estimate =>
    exact
      ? { value: counter.sum, low: counter.sum, high: counter.sum }
      : estimate(counter, sample.read, sample.total);
  const interval = (counter: Counter): Estimated => (exact ? {} : { interval: toInterval(of(counter)) });
  const { reachable, codes, expiringBy } = totals;
  const later = expiringBy.at(-1)!;
  return {
    pools: exact ? totals.pools : sample.total,
    reachable: of(reachable).value,
    codes: mapCodes(codes, (counter) => of(counter).value),
    perUser: totals.perUser.map((counter, i) => ({
      codes: CLASSES[i]!.codes,
      users: of(counter).value,
      ...interval(counter),
    })),
    expiringBy: totals.days.flatMap(({ date }: Day, i) => {
      const counter = expiringBy[i]!;
      if (i >= SHOWN_DAYS && counter.sum === 0) return [];
      return [{ date, codes: of(counter).value, ...interval(counter) }];
    }),
    expiringLater: of(later).value,
    reachableBy: totals.reachableBy.map((counter, i) => ({
      date: totals.days[i]!.date,
      users: of(counter).value,
      ...interval(counter),
    })),
    writers: [...totals.writers]
      .sort(([x, a], [y, b]) => b.entries.sum - a.entries.sum || (x < y ? -1 : 1))
      .map(([writer, { entries, unreadable, overlong }]) => ({
        writer,
        entries: of(entries).value,
        unreadable: of(unreadable).value,
        overlong: of(overlong).value,
        ...interval(entries),
        ...(exact ? {} : { unreadableInterval: toInterval(of(unreadable)) }),
      })),
    timeZone,
    at: new Date(atMs).toISOString(),
    exact,
    ...(exact
      ? {}
      : {
          sample: { pools: sample.read, confidence: 0.95 as const },
          intervals: {
            reachable: toInterval(of(reachable)),
            codes: mapCodes(codes, (counter) => toInterval(of(counter))),
            expiringLater: toInterval(of(later)),
          },
        }),
  };
}

function toInterval({ low, high }: Estimate): Interval {
  return [low, high];
}

function mapCodes<T>(codes: StatsTotals["codes"], map: (counter: Counter) => T) {
  return {
    valid: map(codes.valid),
    expired: map(codes.expired),
    invalid: map(codes.invalid),
    unreadable: map(codes.unreadable),
    overlong: map(codes.overlong),
  };
}
