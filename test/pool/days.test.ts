import { afterEach, describe, expect, it } from "vitest";
import { dayIndex, localDays, localTimeZone } from "../../src/pool/days.ts";

const zone = process.env.TZ;
afterEach(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

const HOUR = 3_600_000;

describe.each([
  ["UTC", "2026-11-23T23:30:00Z", "2026-11-23", 24],
  ["Asia/Shanghai", "2026-11-23T23:30:00Z", "2026-11-24", 24],
  ["America/Los_Angeles", "2026-11-01T08:00:00Z", "2026-11-01", 25],
  ["Europe/Berlin", "2026-03-29T00:30:00Z", "2026-03-29", 23],
])("days in %s", (timeZone, now, today, hours) => {
  it("begin with that of the moment and follow each other without a gap", () => {
    process.env.TZ = timeZone;
    expect(localTimeZone()).toBe(timeZone);
    const days = localDays(Date.parse(now), 400);
    expect(days[0]?.date).toBe(today);
    expect(days[0]!.lastMs).toBeGreaterThan(Date.parse(now));
    expect(new Set(days.map(({ date }) => date)).size).toBe(400);
    for (const [i, { date, lastMs }] of days.entries()) {
      const last = new Date(lastMs);
      expect([last.getHours(), last.getMinutes(), last.getSeconds(), last.getMilliseconds()]).toEqual([
        23, 59, 59, 999,
      ]);
      expect(new Date(lastMs + 1).getHours()).toBe(0);
      if (i > 0) expect(date > days[i - 1]!.date).toBe(true);
    }
    const first = new Date(days[0]!.lastMs + 1 - hours * HOUR);
    expect([first.getHours(), first.getMinutes()]).toEqual([0, 0]);
  });
});

it("finds the day of a moment; midnight belongs to the day that it begins", () => {
  process.env.TZ = "Asia/Shanghai";
  const days = localDays(Date.parse("2026-11-23T10:00:00+08:00"), 3);
  const index = (text: string) => dayIndex(days, Date.parse(text));
  expect(index("2026-11-23T10:00:01+08:00")).toBe(0);
  expect(index("2026-11-23T23:59:59.999+08:00")).toBe(0);
  expect(index("2026-11-24T00:00:00+08:00")).toBe(1);
  expect(index("2026-11-25T23:59:59.999+08:00")).toBe(2);
  expect(index("2026-11-26T00:00:00+08:00")).toBe(3);
  expect(dayIndex(days, 8.64e15)).toBe(3);
});
