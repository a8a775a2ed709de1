import { usageError } from "../errors.ts";
import { formatZoned, instantOf, isWallTime, pad, type WallTime, wallTime } from "./zone.ts";

/** When a broadcast may send. Kept in its record for all of its runs. */
export interface Schedule {
  /** Not before this time, epoch ms. Until then its status is `scheduled`. */
  atMs?: number | undefined;
  /** Not after this time, epoch ms. */
  untilMs?: number | undefined;
  /** Not in these hours of any day. */
  quietHours?: QuietHours | undefined;
  /** IANA name of the zone in which its times were given, and are shown. */
  timeZone?: string | undefined;
}

/** Hours of the day in which nothing is sent, over midnight if the end is before the beginning. */
export interface QuietHours {
  /** Minutes since midnight in `timeZone`. */
  from: number;
  to: number;
  /** IANA name, such as Asia/Shanghai. */
  timeZone: string;
}

/** A schedule in JSON documents; a contract. */
export interface ScheduleDocument {
  /** ISO 8601. */
  at?: string;
  until?: string;
  /** "22:00-08:00" */
  quietHours?: string;
  timeZone: string;
}

/** Whether the clocks of the zone show one of the quiet hours. */
export function isQuietAt({ from, to, timeZone }: QuietHours, ms: number): boolean {
  const { hour, minute } = wallTime(ms, timeZone);
  const now = hour * 60 + minute;
  return from < to ? from <= now && now < to : now >= from || now < to;
}

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;
/** Clocks are set forward and back at such instants only. */
const SHIFT_MS = 15 * MINUTE_MS;

/**
 * When quiet hours begin or end next, epoch ms. Where clocks are set forward past a beginning or an end, that is the moment
 * at which they are; where they are set back, hours may come twice.
 */
export function nextChange(quiet: QuietHours, ms: number): number {
  const isQuiet = isQuietAt(quiet, ms);
  const target = isQuiet ? quiet.to : quiet.from;
  for (let at = ms; ; ) {
    const { hour, minute, second } = wallTime(at, quiet.timeZone);
    const minutes = (target - (hour * 60 + minute) + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES;
    const unshifted = Math.floor(at / 1000) * 1000 + minutes * MINUTE_MS - second * 1000;
    at = Math.min(unshifted, (Math.floor(at / SHIFT_MS) + 1) * SHIFT_MS);
    if (isQuietAt(quiet, at) !== isQuiet) return at;
  }
}

/** When a broadcast that has not begun may send first, seen from now: not before `atMs`, and not in quiet hours. */
export function firstMoment({ atMs, quietHours }: Schedule, nowMs: number): number {
  const ms = Math.max(nowMs, atMs ?? nowMs);
  return quietHours && isQuietAt(quietHours, ms) ? nextChange(quietHours, ms) : ms;
}

/** What tells whether a broadcast with a time to begin has begun. */
export interface Beginning {
  schedule?: Schedule | undefined;
  beganBy?: string | undefined;
}

/** Whether some run has begun to send; always true for a broadcast without a time to begin. */
export function hasBegun({ schedule, beganBy }: Beginning): boolean {
  return schedule?.atMs === undefined || beganBy !== undefined;
}

/** Whether a scheduled broadcast may begin now. */
export function isDue({ schedule = {} }: Beginning, nowMs: number): boolean {
  return firstMoment(schedule, nowMs) <= nowMs;
}

/** Whether the time after which nothing may be sent is over. */
export function isPastDeadline({ untilMs }: Schedule, nowMs: number): boolean {
  return untilMs !== undefined && nowMs >= untilMs;
}

/** "22:00-08:00" -> quiet hours. Throws a usage error. */
export function parseQuietHours(text: string, timeZone: string): QuietHours {
  const [from, to, ...more] = text.split("-").map((part) => parseTimeOfDay(part.trim()));
  if (from === undefined || to === undefined || more.length > 0)
    throw usageError(`--quiet-hours: '${text}' is not a span of hours`, "such as 22:00-08:00");
  if (from === to)
    throw usageError(
      `--quiet-hours: '${text}' begins and ends at the same time`,
      "such as 22:00-08:00; to send nothing at all, use push-cli broadcast pause",
    );
  return { from, to, timeZone };
}

/** "08:30" -> minutes since midnight; undefined for anything else. */
function parseTimeOfDay(text: string): number | undefined {
  const [, hour, minute] = /^(\d{1,2}):(\d{2})$/.exec(text) ?? [];
  if (hour === undefined || Number(hour) > 23 || Number(minute) > 59) return undefined;
  return Number(hour) * 60 + Number(minute);
}

/** Local date and time, and the offset from UTC where there is one. */
const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/i;

/**
 * A point in time, epoch ms: ISO 8601, by the zone's clocks where it has no offset; or a time of day, for the next time that
 * those clocks show it after `afterMs`. Undefined for any other text, and for a day that does not exist.
 */
export function parseMoment(text: string, afterMs: number, timeZone: string): number | undefined {
  const minutes = parseTimeOfDay(text);
  if (minutes !== undefined) return nextTimeOfDay(minutes, afterMs, timeZone);
  const [, year, month, day, hour, minute, second = "0", offset] = DATE_TIME.exec(text) ?? [];
  if (year === undefined) return undefined;
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = [year, month, day, hour, minute, second].map(Number);
  const wall: WallTime = { year: y, month: mo, day: d, hour: h, minute: mi, second: s };
  if (!isWallTime(wall)) return undefined;
  if (offset === undefined) return instantOf(wall, timeZone);
  return instantOf(wall, "UTC") - offsetOf(offset);
}

/** "+08:00", "+0800", "+08" or "Z" -> ms. */
function offsetOf(text: string): number {
  if (/^z$/i.test(text)) return 0;
  const digits = text.replace(/\D/g, "").padEnd(4, "0");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return (text.startsWith("-") ? -minutes : minutes) * MINUTE_MS;
}

function nextTimeOfDay(minutes: number, afterMs: number, timeZone: string): number {
  const today = wallTime(afterMs, timeZone);
  const [hour, minute] = [Math.floor(minutes / 60), minutes % 60];
  for (let days = 0; ; days++) {
    const date = new Date(Date.UTC(today.year, today.month - 1, today.day + days));
    const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
    const ms = instantOf({ year, month, day, hour, minute, second: 0 }, timeZone);
    if (ms > afterMs) return ms;
  }
}

/** "08:30" */
export function formatTimeOfDay(minutes: number): string {
  return `${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}

/** "22:00-08:00" */
export function formatQuietHours({ from, to }: QuietHours): string {
  return `${formatTimeOfDay(from)}-${formatTimeOfDay(to)}`;
}

/** The zone that a schedule's times are shown in. */
export function zoneOf({ timeZone, quietHours }: Schedule): string {
  return timeZone ?? quietHours?.timeZone ?? "UTC";
}

/** "2026-11-28 09:00 (in 2 h 3 min)": when a scheduled broadcast begins, by the clocks of its zone. */
export function describeBeginning(schedule: Schedule, nowMs: number): string {
  const ms = firstMoment(schedule, nowMs);
  return `${formatZoned(ms, zoneOf(schedule))} (in ${spellTime(ms - nowMs)})`;
}

/** "2 h 3 min", "45 s": whole units, the two largest. */
export function spellTime(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const [hours, days] = [Math.floor(minutes / 60), Math.floor(minutes / DAY_MINUTES)];
  return days > 0 ? `${days} d ${hours % 24} h` : `${hours} h ${minutes % 60} min`;
}

export function toScheduleDocument(schedule: Schedule): ScheduleDocument {
  const { atMs, untilMs, quietHours } = schedule;
  return {
    ...(atMs === undefined ? {} : { at: new Date(atMs).toISOString() }),
    ...(untilMs === undefined ? {} : { until: new Date(untilMs).toISOString() }),
    ...(quietHours === undefined ? {} : { quietHours: formatQuietHours(quietHours) }),
    timeZone: zoneOf(schedule),
  };
}
