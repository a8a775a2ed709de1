/** The lower bound of numbers in s, ms, µs and ns; each range ends at ten times its lower bound. */
const UNITS = [
  { least: 1e9, times: 1000, by: 1 },
  { least: 1e12, times: 1, by: 1 },
  { least: 1e15, times: 1, by: 1e3 },
  { least: 1e18, times: 1, by: 1e6 },
];

/** The same range of times, from September 2001 up to November 2286. */
const EARLIEST_MS = 1e12;
const END_MS = 1e13;

/**
 * Converts an epoch time to ms; undefined when the number is not certain to be one. Seconds have 10 digits, milliseconds 13,
 * microseconds 16, nanoseconds 19. Other numbers only look like times: a duration (604800), a date in digits (20261201,
 * 20261201100000), .NET ticks (18 digits), a 0 or -1 that stands for "never".
 */
export function timeToMs(value: number): number | undefined {
  const unit = UNITS.find(({ least }) => value >= least && value < 10 * least);
  return unit && Math.floor((value * unit.times) / unit.by);
}

const ISO_8601 =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)? ?(Z|[+-]\d\d(?::?\d\d)?)$/;

/**
 * ISO 8601 with an offset or Z to epoch ms; undefined without one, because the time zone is unknown, for a day that doesn't
 * exist in its month, and for times outside the range of numbers: Go writes a missing time as the year 1.
 */
export function isoToMs(text: string): number | undefined {
  const [, year, month, day, hour, minute, second = "0", fraction = "", offset] = ISO_8601.exec(text) ?? [];
  if (offset === undefined) return undefined;
  const [y, mo, d, h, mi, s] = [year, month, day, hour, minute, second].map(Number) as Six;
  const local = Date.UTC(y, mo - 1, d, h, mi, s, Number(fraction.slice(0, 3).padEnd(3, "0")));
  const isReal = new Date(local).getUTCDate() === d && mo >= 1 && mo <= 12 && h < 24 && mi < 60 && s < 60;
  const [, sign, hours = "0", minutes = "0"] = /^([+-])(\d\d):?(\d\d)?$/.exec(offset) ?? [];
  const offsetMs = (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  return isReal && Number(hours) < 24 && Number(minutes) < 60 ? inRange(local - offsetMs) : undefined;
}

type Six = [number, number, number, number, number, number];

/** The range check of `timeToMs`, for a time already in ms. */
export function inRange(ms: number): number | undefined {
  return ms >= EARLIEST_MS && ms < END_MS ? ms : undefined;
}

const DAY_MS = 86_400_000;
/** The platform lets a code live for 7 days; one day is added for clock differences and rounding. */
const LONGEST_LIFE_MS = 8 * DAY_MS;

/** Whether an expiry is later than that of any real code: a mistake of the program that wrote it. */
export function isOverlong(expireMs: number, nowMs: number): boolean {
  return expireMs > nowMs + LONGEST_LIFE_MS;
}
