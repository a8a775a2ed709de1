/** A calendar day in the operator's time zone. */
export interface Day {
  /** "2026-11-23". */
  date: string;
  /** Its last millisecond, epoch ms. */
  lastMs: number;
}

/**
 * The day of `nowMs` and the following ones in the time zone of this machine (TZ sets another), like all times on the
 * screen; a day with a clock change has 23 or 25 hours.
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

/** The name of the time zone that `localDays` uses: "Asia/Shanghai". */
export function localTimeZone(): string {
  return new Intl.DateTimeFormat("en").resolvedOptions().timeZone;
}

/** The index of the day that contains a moment; days.length when it is after the last one. Days must be in order. */
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
