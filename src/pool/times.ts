/** Numbers from `least` up to ten times that are seconds, ms, µs and ns. */
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
 * An epoch time to ms; undefined when the number is none for sure. Seconds have 10 digits, milliseconds 13, microseconds 16,
 * nanoseconds 19. All else merely looks like a time: a duration (604800), a date in digits (20261201, 20261201100000), ticks
 * of .NET (18 digits), a 0 or -1 that stands for "never".
 */
export function timeToMs(value: number): number | undefined {
  const unit = UNITS.find(({ least }) => value >= least && value < 10 * least);
  return unit && Math.floor((value * unit.times) / unit.by);
}

const ISO_8601 =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)? ?(Z|[+-]\d\d(?::?\d\d)?)$/;

/**
 * ISO 8601 with an offset or Z to epoch ms; undefined without one, because nobody knows whose clock that was, for a day that
 * no month has, and for times out of the range of numbers: Go writes a missing time as the year 1.
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

/** The same for a time that is known in ms. */
export function inRange(ms: number): number | undefined {
  return ms >= EARLIEST_MS && ms < END_MS ? ms : undefined;
}

const DAY_MS = 86_400_000;
/** The platform lets a code live for 7 days; a day of slack for clocks and for whoever rounds up. */
const LONGEST_LIFE_MS = 8 * DAY_MS;

/** Whether an expiry is further away than any code of the platform lives: the fault of whoever wrote it. */
export function isOverlong(expireMs: number, nowMs: number): boolean {
  return expireMs > nowMs + LONGEST_LIFE_MS;
}
