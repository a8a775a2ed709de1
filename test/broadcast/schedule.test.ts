import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  describeBeginning,
  firstMoment,
  formatQuietHours,
  isDue,
  isQuietAt,
  nextChange,
  parseMoment,
  parseQuietHours,
  type QuietHours,
  spellTime,
  toScheduleDocument,
} from "../../src/broadcast/schedule.ts";
import { checkTimeZone, formatZoned, instantOf, wallTime } from "../../src/broadcast/zone.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const BERLIN = "Europe/Berlin";
const SHANGHAI = "Asia/Shanghai";

/** Zones whose clocks are set at different times, by an hour or half an hour, and some whose never are. */
const ZONES = [
  BERLIN,
  "America/New_York",
  "Australia/Lord_Howe",
  "Africa/Casablanca",
  SHANGHAI,
  "Asia/Kathmandu",
  "UTC",
];

const anyZone = fc.constantFrom(...ZONES);
const anyMinute = fc.integer({ min: 0, max: 1439 });
const anyQuiet = fc
  .record({ from: anyMinute, to: anyMinute, timeZone: anyZone })
  .filter(({ from, to }) => from !== to);
/** In years whose rules the time zone database knows; half of them within two days of a change of clocks somewhere. */
const anyMs = fc.oneof(
  fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2030, 0, 1) }),
  fc
    .tuple(
      fc.constantFrom(
        Date.UTC(2026, 2, 29, 1),
        Date.UTC(2026, 9, 25, 1),
        Date.UTC(2026, 2, 8, 7),
        Date.UTC(2026, 10, 1, 6),
        Date.UTC(2026, 3, 4, 15),
        Date.UTC(2026, 9, 3, 15, 30),
      ),
      fc.integer({ min: -2 * DAY_MS, max: 2 * DAY_MS }),
    )
    .map(([shift, by]) => shift + by),
);

/** The same by what a browser would show. */
function shown(ms: number, timeZone: string): number {
  const text = new Date(ms).toLocaleTimeString("en-GB", { timeZone, hour: "2-digit", minute: "2-digit" });
  const [hour = 0, minute = 0] = text.split(":").map(Number);
  return hour * 60 + minute;
}

function isQuietInModel({ from, to, timeZone }: QuietHours, ms: number): boolean {
  const now = shown(ms, timeZone);
  for (let minute = from; minute !== to; minute = (minute + 1) % 1440) if (minute === now) return true;
  return false;
}

describe("quiet hours", () => {
  test("are what the clocks of the zone show at each moment", () => {
    fc.assert(
      fc.property(anyQuiet, anyMs, (quiet, ms) => isQuietAt(quiet, ms) === isQuietInModel(quiet, ms)),
      { numRuns: 500 },
    );
  });

  test("change next at the first minute that is different, also where clocks are set", () => {
    fc.assert(
      fc.property(anyQuiet, anyMs, (quiet, ms) => {
        const before = isQuietInModel(quiet, ms);
        let minute = Math.floor(ms / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
        while (isQuietInModel(quiet, minute) === before) minute += MINUTE_MS;
        expect(nextChange(quiet, ms)).toBe(minute);
      }),
      { numRuns: 60 },
    );
  });

  const at = (text: string, zone: string) => instantOf(parse(text), zone);
  const parse = (text: string) => {
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = text.split(/\D/).map(Number);
    return { year, month, day, hour, minute, second: 0 };
  };

  test.each([
    // Over midnight, in the night in which the clocks go forward: an hour shorter.
    [BERLIN, "22:00-08:00", "2026-03-28 22:00", 9],
    ["America/New_York", "22:00-08:00", "2026-03-07 22:00", 9],
    // Back: an hour longer.
    [BERLIN, "22:00-08:00", "2026-10-24 22:00", 11],
    ["America/New_York", "22:00-08:00", "2026-10-31 22:00", 11],
    [SHANGHAI, "22:00-08:00", "2026-03-28 22:00", 10],
    // An end that the clocks skip: the moment at which they do.
    [BERLIN, "22:00-02:30", "2026-03-28 22:00", 4],
  ])("%s %s from %s on last %i hours", (zone, text, from, hours) => {
    const quiet = parseQuietHours(text, zone);
    expect(nextChange(quiet, at(from, zone)) - at(from, zone)).toBe(hours * HOUR_MS);
    expect(nextChange(quiet, at(from, zone) - 1), "they begin then").toBe(at(from, zone));
  });

  test("that end in an hour that comes twice come twice", () => {
    const quiet = parseQuietHours("22:00-02:30", BERLIN);
    const changes = [at("2026-10-24 21:00", BERLIN)];
    for (let i = 0; i < 4; i++) changes.push(nextChange(quiet, changes.at(-1)!));
    expect(changes.slice(1).map((ms) => new Date(ms).toISOString().slice(11, 16))).toEqual([
      "20:00",
      "00:30",
      "01:00",
      "01:30",
    ]);
  });

  test.each([
    ["22:00-22:00", "begins and ends at the same time"],
    ["22:00", "is not a span of hours"],
    ["24:00-08:00", "is not a span of hours"],
    ["22-8", "is not a span of hours"],
    ["22:00-08:00-09:00", "is not a span of hours"],
    ["", "is not a span of hours"],
  ])("'%s' is refused", (text, why) => {
    expect(() => parseQuietHours(text, "UTC")).toThrow(why);
  });

  test("are written as they were read", () => {
    fc.assert(
      fc.property(anyQuiet, (quiet) => {
        expect(parseQuietHours(formatQuietHours(quiet), quiet.timeZone)).toEqual(quiet);
      }),
    );
  });
});

describe("a time", () => {
  const NOW = Date.UTC(2026, 10, 27, 12, 30);

  test.each([
    ["2026-11-28T09:00", SHANGHAI, "2026-11-28T01:00:00.000Z"],
    ["2026-11-28 09:00:30", SHANGHAI, "2026-11-28T01:00:30.000Z"],
    ["2026-11-28T09:00Z", SHANGHAI, "2026-11-28T09:00:00.000Z"],
    ["2026-11-28T09:00:00.123+08:00", "UTC", "2026-11-28T01:00:00.000Z"],
    ["2026-11-28T09:00-0530", "UTC", "2026-11-28T14:30:00.000Z"],
    // 20:30 there: today's 21:00, tomorrow's 20:30.
    ["21:00", SHANGHAI, "2026-11-27T13:00:00.000Z"],
    ["20:30", SHANGHAI, "2026-11-28T12:30:00.000Z"],
    ["9:05", SHANGHAI, "2026-11-28T01:05:00.000Z"],
  ])("%s in %s is %s", (text, zone, iso) => {
    expect(new Date(parseMoment(text, NOW, zone) ?? 0).toISOString()).toBe(iso);
  });

  test.each([
    "2026-02-30T09:00",
    "2026-11-28T25:00",
    "2026-11-28",
    "tomorrow",
    "9",
    "09:60",
    "",
    "2026-13-01T00:00",
  ])("'%s' is none", (text) => {
    expect(parseMoment(text, NOW, "UTC")).toBeUndefined();
  });

  test("of day is the next one that the clocks show, and at most 25 hours away", () => {
    fc.assert(
      fc.property(anyMinute, anyMs, anyZone, (minutes, nowMs, zone) => {
        const text = `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
        const ms = parseMoment(text, nowMs, zone) ?? 0;
        expect(ms).toBeGreaterThan(nowMs);
        expect(ms - nowMs).toBeLessThanOrEqual(26 * HOUR_MS);
        // Unless the clocks skip it that day.
        if (shown(ms, zone) !== minutes) expect(isSkipped(ms, minutes, zone)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  /** Whether no minute of that day is shown as this one. */
  function isSkipped(ms: number, minutes: number, zone: string): boolean {
    const { day } = wallTime(ms, zone);
    for (let at = ms - DAY_MS; at < ms + DAY_MS; at += MINUTE_MS)
      if (wallTime(at, zone).day === day && shown(at, zone) === minutes) return false;
    return true;
  }

  test("and what the clocks show then belong together", () => {
    fc.assert(
      fc.property(anyMs, anyZone, (ms, zone) => {
        const instant = instantOf(wallTime(ms, zone), zone);
        const whole = Math.floor(ms / 1000) * 1000;
        // The first of two, where the clocks are set back.
        expect([0, HOUR_MS, HOUR_MS / 2]).toContain(whole - instant);
        expect(wallTime(instant, zone)).toEqual(wallTime(whole, zone));
      }),
      { numRuns: 500 },
    );
  });

  test("an unknown zone is refused", () => {
    expect(() => checkTimeZone("Asia/Peking")).toThrow("--time-zone: 'Asia/Peking' is not a time zone");
    expect(checkTimeZone(SHANGHAI)).toBe(SHANGHAI);
  });
});

describe("a broadcast begins", () => {
  const quietHours = { from: 22 * 60, to: 8 * 60, timeZone: SHANGHAI };
  const NIGHT = Date.UTC(2026, 10, 27, 15);
  const MORNING = Date.UTC(2026, 10, 28, 0);

  test("at its time, or when the quiet hours around it end", () => {
    expect(firstMoment({ atMs: NIGHT }, 0)).toBe(NIGHT);
    expect(firstMoment({ atMs: NIGHT, quietHours }, 0)).toBe(MORNING);
    expect(isDue({ schedule: { atMs: NIGHT, quietHours } }, NIGHT + 1)).toBe(false);
    expect(isDue({ schedule: { atMs: NIGHT, quietHours } }, MORNING)).toBe(true);
    // Nobody began it in the evening: not in the night either.
    expect(isDue({ schedule: { atMs: NIGHT - 4 * HOUR_MS, quietHours } }, NIGHT)).toBe(false);
  });

  test("never in quiet hours and never early", () => {
    fc.assert(
      fc.property(anyQuiet, anyMs, fc.integer({ min: -DAY_MS, max: 3 * DAY_MS }), (quiet, nowMs, by) => {
        const atMs = nowMs + by;
        const ms = firstMoment({ atMs, quietHours: quiet }, nowMs);
        expect(ms).toBeGreaterThanOrEqual(Math.max(atMs, nowMs));
        expect(isQuietInModel(quiet, ms)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test("in words", () => {
    const schedule = { atMs: MORNING + HOUR_MS, timeZone: SHANGHAI };
    expect(describeBeginning(schedule, MORNING - 63 * MINUTE_MS)).toBe("2026-11-28 09:00 (in 2 h 3 min)");
    expect([500, 59_000, 61_000, 25 * HOUR_MS].map(spellTime)).toEqual(["1 s", "59 s", "2 min", "1 d 1 h"]);
    expect(formatZoned(MORNING, "America/New_York")).toBe("2026-11-27 19:00");
    expect(toScheduleDocument({ ...schedule, untilMs: MORNING + 2 * HOUR_MS, quietHours })).toEqual({
      at: "2026-11-28T01:00:00.000Z",
      until: "2026-11-28T02:00:00.000Z",
      quietHours: "22:00-08:00",
      timeZone: SHANGHAI,
    });
  });
});
