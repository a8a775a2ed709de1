/** A day of the calendar that the operator lives by. */
export interface Day {
  /** "2026-11-23". */
  date: string;
  /** Its last millisecond, epoch ms. */
  lastMs: number;
}

/**
 * The day of `nowMs` and the next ones in the time zone of this machine (the variable TZ sets another), as all times on
 * screens are; a day with a change of the clocks has 23 or 25 hours.
 */
export function localDays(nowMs: number, count: number): Day[] {
  const today = new Date(nowMs);
  const startOf = (offset: number) =>
    new Date(today.getFullYear(), today.getMonth(), today.getDate() + offset);
  return Array.from({ length: count }, (_, offset) => ({
    date: formatDate(startOf(offset)),
    lastMs: startOf(offset + 1).getTime() - 1,
  }));
}

/** Name of the time zone that `localDays` goes by: "Asia/Shanghai". */
export function localTimeZone(): string {
  return new Intl.DateTimeFormat("en").resolvedOptions().timeZone;
}

/** Number of the day in which a moment lies, days.length when it lies behind them all. Days must be in order. */
export function dayIndex(days: readonly Day[], ms: number): number {
  let low = 0;
  let high = days.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (days[middle]!.lastMs < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

function formatDate(date: Date): string {
  const pad = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}
