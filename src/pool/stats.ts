import { type CodeState, codeState } from "./code.ts";
import { type Day, dayIndex } from "./days.ts";
import { Counter } from "./estimate.ts";
import { readPlainExpiry } from "./plain-entry.ts";
import { readEntry } from "./read-entry.ts";
import type { PoolReader } from "./read-pools.ts";
import { isOverlong } from "./times.ts";
import { type Writer, writerOf } from "./writer.ts";

/** Classes by the number of valid codes a user has. */
export const CLASSES = [
  { codes: "1", max: 1 },
  { codes: "2", max: 2 },
  { codes: "3", max: 3 },
  { codes: "4-5", max: 5 },
  { codes: "6-10", max: 10 },
  { codes: "11+", max: Number.POSITIVE_INFINITY },
] as const;

/** Days for which users reachable at their end are counted: a code lives for 7. */
const REACH_DAYS = 7;

/** The facts about one pool that the statistics need. */
class PoolTally {
  /** Entries of the plain form, as nearly all are. */
  plain = 0;
  valid = 0;
  expired = 0;
  invalid = 0;
  unreadable = 0;
  /**
   * Of the valid codes: those with an expiry later than the platform allows, by the writers of their entries.
   */
  overlongBy: Writer[] | undefined;
  /** Index of the day on which each valid code expires. */
  readonly days: number[] = [];
  /** The writer of each other entry. */
  others: Writer[] | undefined;
  unreadableBy: Writer[] | undefined;

  addCode(state: CodeState, expireMs: number, writer: Writer, { days, nowMs }: Times): void {
    this[state]++;
    if (state !== "valid") return;
    this.days.push(dayIndex(days, expireMs));
    if (!isOverlong(expireMs, nowMs)) return;
    this.overlongBy ??= [];
    this.overlongBy.push(writer);
  }

  addUnreadable(writer: Writer): void {
    this.unreadable++;
    this.unreadableBy ??= [];
    this.unreadableBy.push(writer);
  }
}

interface Times {
  days: readonly Day[];
  nowMs: number;
}

/** Tallies pools as they are read; `days` begin with today. */
export function tallyReader(days: readonly Day[], nowMs: number): PoolReader<PoolTally> {
  const times = { days, nowMs };
  return {
    start: () => new PoolTally(),
    add: (tally, raw) => {
      const expireMs = readPlainExpiry(raw);
      if (expireMs !== undefined) {
        tally.plain++;
        tally.addCode(expireMs <= nowMs ? "expired" : "valid", expireMs, "plain", times);
        return;
      }
      const writer = writerOf(raw);
      tally.others ??= [];
      tally.others.push(writer);
      const entry = readEntry(raw);
      if (!entry.readable) tally.addUnreadable(writer);
      else
        for (const code of entry.codes) tally.addCode(codeState(code, nowMs), code.expireMs, writer, times);
    },
  };
}

/** The numbers of `pool stats`, added up pool by pool. */
export class StatsTotals {
  /** Pools with at least one entry. */
  pools = 0;
  readonly reachable = new Counter();
  readonly codes = {
    valid: new Counter(),
    expired: new Counter(),
    invalid: new Counter(),
    unreadable: new Counter(),
    /** Subset of the valid codes. */
    overlong: new Counter(),
  };
  /** Users by class. */
  readonly perUser = CLASSES.map(() => new Counter());
  /** Valid codes by the day of their expiry; the last counter is for those after the last day. */
  readonly expiringBy: Counter[];
  /** Users with a valid code at the end of each day. */
  readonly reachableBy = Array.from({ length: REACH_DAYS }, () => new Counter());
  /** Entries by writer. */
  readonly writers = new Map<Writer, { entries: Counter; unreadable: Counter; overlong: Counter }>();
  readonly days: readonly Day[];

  constructor(days: readonly Day[]) {
    this.days = days;
    this.expiringBy = [...days, undefined].map(() => new Counter());
  }

  add(tally: PoolTally): void {
    const { plain, valid, others = [], unreadableBy = [], overlongBy = [] } = tally;
    if (plain + others.length === 0) return;
    this.pools++;
    this.codes.valid.add(valid);
    this.codes.expired.add(tally.expired);
    this.codes.invalid.add(tally.invalid);
    this.codes.unreadable.add(tally.unreadable);
    this.codes.overlong.add(overlongBy.length);
    for (const [writer, count] of countEach(others)) {
      this.of(writer).entries.add(count + (writer === "plain" ? plain : 0));
    }
    if (plain > 0 && !others.includes("plain")) this.of("plain").entries.add(plain);
    for (const [writer, count] of countEach(unreadableBy)) this.of(writer).unreadable.add(count);
    for (const [writer, count] of countEach(overlongBy)) this.of(writer).overlong.add(count);
    if (valid === 0) return;
    this.reachable.add(1);
    this.perUser[CLASSES.findIndex(({ max }) => valid <= max)]?.add(1);
    for (const [day, count] of countEach(tally.days)) this.expiringBy[day]?.add(count);
    const lastDay = tally.days.reduce((last, day) => Math.max(last, day), 0);
    for (let day = 0; day < Math.min(lastDay, REACH_DAYS); day++) this.reachableBy[day]?.add(1);
  }

  private of(writer: Writer) {
    const known = this.writers.get(writer);
    if (known) return known;
    const made = { entries: new Counter(), unreadable: new Counter(), overlong: new Counter() };
    this.writers.set(writer, made);
    return made;
  }
}

/** Most pools have few different ones, or only one. */
function countEach<T>(items: readonly T[]): Iterable<[T, number]> {
  if (items.length === 0) return [];
  const first = items[0] as T;
  if (items.every((item) => item === first)) return [[first, items.length]];
  const counts = new Map<T, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}
