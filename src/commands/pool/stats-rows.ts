import type { Cell } from "../../output/output.ts";
import type { Interval, StatsDocument } from "../../pool/stats-document.ts";

/**
 * `pool stats` for a pipe: what it is, which one of it where there are several, the number, and in an estimate the lowest
 * and the highest that it may be.
 */
export function toPlainRows(stats: StatsDocument): Cell[][] {
  const { codes, intervals } = stats;
  const states = ["valid", "expired", "invalid", "unreadable", "overlong"] as const;
  return [
    ["pools", "", stats.pools],
    ["reachable", "", stats.reachable, ...ends(intervals?.reachable)],
    ...states.map((state) => ["codes", state, codes[state], ...ends(intervals?.codes[state])]),
    ...stats.perUser.map((row) => ["perUser", row.codes, row.users, ...ends(row.interval)]),
    ...stats.expiringBy.map((row) => ["expiringBy", row.date, row.codes, ...ends(row.interval)]),
    ["expiringLater", "", stats.expiringLater, ...ends(intervals?.expiringLater)],
    ...stats.reachableBy.map((row) => ["reachableBy", row.date, row.users, ...ends(row.interval)]),
    ...stats.writers.map((row) => ["writer", row.writer, row.entries, ...ends(row.interval)]),
    ["timeZone", stats.timeZone, ""],
    ["exact", "", String(stats.exact)],
  ];
}

function ends(interval: Interval | undefined): Cell[] {
  return interval ?? [];
}
