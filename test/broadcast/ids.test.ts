import { expect, test } from "vitest";
import { checkBroadcastId, newBroadcastId, newRunId } from "../../src/broadcast/ids.ts";
import { PushCliError } from "../../src/errors.ts";
import { FakeClock } from "./fake-clock.ts";

test("a made-up id tells the time in UTC and can be given as an id", () => {
  const id = newBroadcastId(new FakeClock(Date.UTC(2026, 10, 23, 8, 4, 9, 999)));
  expect(id).toMatch(/^20261123-080409-[a-z0-9]{4}$/);
  expect(checkBroadcastId(id)).toBe(id);
});

test("made-up ids sort by time", () => {
  const at = (ms: number) => newBroadcastId(new FakeClock(ms));
  const times = [Date.UTC(2026, 0, 9), Date.UTC(2026, 0, 10), Date.UTC(2026, 9, 1), Date.UTC(2027, 0, 1)];
  const ids = times.map(at);
  expect([...ids].sort()).toEqual(ids);
});

test.each([0, 0.5, 0.999999])("a run id has letters and digits only (chance %d)", (chance) => {
  const clock = new FakeClock();
  clock.chance = chance;
  expect(newRunId(clock)).toMatch(/^[a-z0-9]{12}$/);
});

test.each(["a", "2026-spring.sale_1", "X".repeat(64)])("'%s' can be an id", (id) => {
  expect(checkBroadcastId(id)).toBe(id);
});

test.each(["", " ", "a b", "a:b", "-a", ".a", "a/b", "{a}", "a\n", "X".repeat(65), "é"])(
  "'%s' can't",
  (id) => {
    expect(() => checkBroadcastId(id)).toThrow(PushCliError);
    expect(() => checkBroadcastId(id)).toThrow("can't be a broadcast id");
  },
);
