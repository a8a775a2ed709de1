import { usageError } from "../errors.ts";

/** What a clock on the wall shows, by the proleptic Gregorian calendar; months from 1. */
export interface WallTime {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

const DAY_MS = 86_400_000;
const FORMATTERS = new Map<string, Intl.DateTimeFormat>();

/** Making one takes longer than a thousand uses of it. */
function formatterOf(timeZone: string): Intl.DateTimeFormat {
  let formatter = FORMATTERS.get(timeZone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat("en-US", {
      timeZone,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    FORMATTERS.set(timeZone, formatter);
  }
  return formatter;
}

/** Throws a usage error for a name that the time zone database does not have. */
export function checkTimeZone(name: string): string {
  try {
    formatterOf(name);
    return name;
  } catch {
    throw usageError(
      `--time-zone: '${name}' is not a time zone`,
      "use a name of the IANA database, such as Asia/Shanghai, Europe/Berlin or UTC",
    );
  }
}

/** The time that a clock in the zone shows at an instant, epoch ms. */
export function wallTime(ms: number, timeZone: string): WallTime {
  const wall: WallTime = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
  for (const { type, value } of formatterOf(timeZone).formatToParts(ms))
    if (Object.hasOwn(wall, type)) wall[type as keyof WallTime] = Number(value);
  return wall;
}

/** The same as if the zone were UTC: a number that counts on evenly whatever the zone's clocks are set to. */
function asUtc({ year, month, day, hour, minute, second }: WallTime): number {
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function offsetAt(ms: number, timeZone: string): number {
  return asUtc(wallTime(ms, timeZone)) - Math.floor(ms / 1000) * 1000;
}

/**
 * The instant, epoch ms, at which a clock in the zone shows that time: the first where it does so twice, because it is set
 * back; where it is set forward past it, as much later.
 */
export function instantOf(wall: WallTime, timeZone: string): number {
  const ms = asUtc(wall);
  const [before, after] = [offsetAt(ms - DAY_MS, timeZone), offsetAt(ms + DAY_MS, timeZone)];
  const fitting = [before, after]
    .map((offset) => ms - offset)
    .filter((instant) => asUtc(wallTime(instant, timeZone)) === ms);
  return fitting.length > 0 ? Math.min(...fitting) : ms - before;
}

/** Whether there is such a day and time: February has no 30th. */
export function isWallTime(wall: WallTime): boolean {
  const date = new Date(asUtc(wall));
  return (
    date.getUTCMonth() + 1 === wall.month &&
    date.getUTCDate() === wall.day &&
    wall.hour < 24 &&
    wall.minute < 60 &&
    wall.second < 60
  );
}

/** "2026-11-28 09:00" */
export function formatZoned(ms: number, timeZone: string): string {
  const { year, month, day, hour, minute } = wallTime(ms, timeZone);
  return `${year}-${pad(month)}-${pad(day)} ${pad(hour)}:${pad(minute)}`;
}

export function pad(value: number): string {
  return String(value).padStart(2, "0");
}
