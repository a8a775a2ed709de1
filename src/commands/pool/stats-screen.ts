import { formatCount, formatCounted, formatShare } from "../../output/format.ts";
import type { Cell, Column, Output } from "../../output/output.ts";
import type { Interval, StatsDocument } from "../../pool/stats-document.ts";
import { WRITER_NAMES } from "../../pool/writer.ts";

/** One row of a chart: a number among others, as a part of `whole`. */
interface Bar {
  name: string;
  count: number;
  whole: number;
  /** Shown as the bar's length; the longest of a chart fills the width. */
  interval?: Interval | undefined;
}

/** `pool stats` for a person: a table with bars for each question. */
export async function showStatsScreen(out: Output, stats: StatsDocument): Promise<void> {
  const { pools, reachable, codes, intervals } = stats;
  out.data(headline(stats));
  const chart = (titles: [string, string], bars: Bar[]) => showChart(out, titles, bars, !stats.exact);
  const states = ["valid", "expired", "invalid", "unreadable"] as const;
  const all = states.reduce((sum, state) => sum + codes[state], 0);
  await chart(
    ["codes", "count"],
    states.map((state) => ({
      name: state,
      count: codes[state],
      whole: all,
      interval: intervals?.codes[state],
    })),
  );
  const without: Bar = { name: "none", count: Math.max(0, pools - reachable), whole: pools };
  if (intervals) without.interval = [pools - intervals.reachable[1], pools - intervals.reachable[0]];
  await chart(
    ["valid codes", "users"],
    [without, ...stats.perUser.map((row) => ({ ...row, name: row.codes, count: row.users, whole: pools }))],
  );
  await chart(["expires on", "codes"], expiryBars(stats));
  await chart(
    ["reachable until", "users"],
    stats.reachableBy.map((row) => ({ ...row, name: dayName(row.date), count: row.users, whole: pools })),
  );
  const entries = stats.writers.reduce((sum, row) => sum + row.entries, 0);
  await chart(
    ["written as", "entries"],
    stats.writers.map((row) => ({
      ...row,
      name: WRITER_NAMES[row.writer],
      count: row.entries,
      whole: entries,
    })),
  );
  for (const line of describeOverlong(stats)) out.talk(line);
  out.talk(`days end at midnight in ${stats.timeZone}; "until" means the end of the day`);
  if (!stats.sample) return;
  out.talk(
    `estimated from ${formatCount(stats.sample.pools)} of ${formatCount(pools)} pools, sampled at random;`,
  );
  out.talk("intervals are 95% confidence intervals");
}

function headline({ pools, reachable, exact }: StatsDocument): string {
  const about = exact ? "" : "about ";
  return `${formatCounted(pools, "pool")}, ${about}${formatCounted(reachable, "reachable user")} (${formatShare(reachable, pools)})\n`;
}

/** Whose fault it is: the platform lets no code live so long, whatever the entry says. */
function describeOverlong({ codes, writers, exact }: StatsDocument): string[] {
  if (codes.overlong === 0) return [];
  const claim = codes.overlong === 1 ? "claims" : "claim";
  return [
    `${exact ? "" : "about "}${formatCounted(codes.overlong, "valid code")} ${claim} to live longer than 7 days, which is impossible;`,
    "these writers set a wrong expiry:",
    ...writers
      .filter(({ overlong }) => overlong > 0)
      .map(({ writer, overlong }) => `  ${WRITER_NAMES[writer]}: ${formatCount(overlong)}`),
  ];
}

/** Days of the distant future in one bar: the chart is about what to do now. */
const EXPIRY_BARS = 14;

function expiryBars({ expiringBy, expiringLater, codes }: StatsDocument): Bar[] {
  const bars = expiringBy
    .slice(0, EXPIRY_BARS)
    .map((row): Bar => ({ ...row, name: dayName(row.date), count: row.codes, whole: codes.valid }));
  const rest = expiringBy.slice(EXPIRY_BARS).reduce((sum, row) => sum + row.codes, expiringLater);
  if (rest > 0) bars.push({ name: "later", count: rest, whole: codes.valid });
  return bars;
}

async function showChart(
  out: Output,
  titles: [string, string],
  bars: Bar[],
  estimated: boolean,
): Promise<void> {
  const longest = bars.reduce((most, { count }) => Math.max(most, count), 0);
  const columns: Column[] = [
    { title: titles[0] },
    { title: titles[1], align: "right" },
    ...(estimated ? [{ title: "95% interval", align: "right" as const }] : []),
    { title: "share", align: "right" },
    { title: "", bar: true },
  ];
  const rows = bars.map(({ name, count, whole, interval }): Cell[] => [
    name,
    formatCount(count),
    ...(estimated ? [interval ? interval.map(formatCount).join(" to ") : ""] : []),
    formatShare(count, whole),
    longest === 0 ? 0 : count / longest,
  ]);
  await out.table(columns, rows);
  out.data("");
}

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** "2026-11-23 Mon": a date has its weekday in every time zone. */
function dayName(date: string): string {
  return `${date} ${WEEKDAYS[new Date(`${date}T00:00:00Z`).getUTCDay()]}`;
}
