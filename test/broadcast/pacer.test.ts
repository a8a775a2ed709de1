import { describe, expect, test } from "vitest";
import { Pacer } from "../../src/broadcast/pacer.ts";
import { FakeClock } from "./fake-clock.ts";

const RUNNING = new AbortController().signal;

/** Takes `count` turns as fast as they come; the times at which they came, ms from the first. */
async function takeTurns(pacer: Pacer, clock: FakeClock, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    await pacer.take(RUNNING);
    pacer.countSend();
    times.push(clock.elapsedMs);
  }
  return times.map((at) => at - times[0]!);
}

/** The most turns in any one second. */
function mostInOneSecond(times: number[]): number {
  let most = 0;
  for (let first = 0, last = 0; last < times.length; last++) {
    while (times[last]! - times[first]! >= 1000) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

describe("a rate", () => {
  test.each([0.5, 1, 1.5, 2.5, 10, 33.3, 100, 1000])("of %d/s is kept, without bursts", async (rate) => {
    const clock = new FakeClock();
    const count = Math.max(20, Math.ceil(rate * 5));
    const times = await takeTurns(new Pacer(clock, rate), clock, count);
    expect(mostInOneSecond(times)).toBeLessThanOrEqual(Math.floor(rate) + 1);
    const took = times.at(-1)! / 1000;
    const ideal = (count - 1) / rate;
    expect(took).toBeGreaterThan(ideal * 0.98 - 0.05);
    expect(took).toBeLessThan(ideal * 1.02 + 0.05);
  });

  test.each([10, 100, 400])("of %d/s is kept although timers are late", async (rate) => {
    const clock = new FakeClock();
    let turn = 0;
    clock.lateMs = () => (turn++ * 7) % 12;
    const count = rate * 10;
    const times = await takeTurns(new Pacer(clock, rate), clock, count);
    expect(mostInOneSecond(times)).toBeLessThanOrEqual(rate + 1);
    expect(times.at(-1)! / 1000).toBeLessThan((count / rate) * 1.05);
  });

  test("is not made up for after a standstill", async () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock, 10);
    await takeTurns(pacer, clock, 5);
    clock.elapsedMs += 60_000;
    expect(mostInOneSecond(await takeTurns(pacer, clock, 30))).toBeLessThanOrEqual(11);
  });

  test("holds for many callers at once, served in their order", async () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock, 20);
    const turns: { caller: number; at: number }[] = [];
    await Promise.all(
      Array.from({ length: 50 }, async (_, caller) => {
        await pacer.take(RUNNING);
        turns.push({ caller, at: clock.elapsedMs });
      }),
    );
    expect(turns.map(({ caller }) => caller)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(mostInOneSecond(turns.map(({ at }) => at))).toBeLessThanOrEqual(21);
  });
});

test("without a rate nothing waits, and nothing needs to ask", async () => {
  const clock = new FakeClock();
  const pacer = new Pacer(clock);
  expect(pacer.mayWait).toBe(false);
  expect((await takeTurns(pacer, clock, 1000)).at(-1)).toBe(0);
});

test("an abort ends all waits at once", async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const pacer = new Pacer(clock, 1 / 3600);
  await pacer.take(stop.signal);
  const waiting = [pacer.take(stop.signal), pacer.take(stop.signal)];
  stop.abort();
  await Promise.all(waiting);
  expect(clock.slept.length).toBeLessThanOrEqual(2);
});

describe("the minute quota", () => {
  test("pauses to the start of the next minute", async () => {
    const clock = new FakeClock(Date.UTC(2026, 10, 23, 12, 0, 41, 500));
    const pacer = new Pacer(clock);
    await takeTurns(pacer, clock, 100);
    expect(pacer.pauseToNextMinute()).toBe(Date.UTC(2026, 10, 23, 12, 1, 0));
    expect(pacer.pauseEnd).toBe(Date.UTC(2026, 10, 23, 12, 1, 0));
    expect(pacer.mayWait).toBe(true);
    await pacer.take(RUNNING);
    expect(clock.now()).toBeGreaterThanOrEqual(Date.UTC(2026, 10, 23, 12, 1, 0));
    expect(clock.now()).toBeLessThan(Date.UTC(2026, 10, 23, 12, 1, 1));
    expect(pacer.pauseEnd).toBe(0);
  });

  test("goes on slower than it went", async () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock, 50);
    await takeTurns(pacer, clock, 500);
    pacer.pauseToNextMinute();
    expect(pacer.ratePerSec).toBeLessThan(50);
    // 500 messages used the minute up: fewer than that must come in the next.
    const times = await takeTurns(pacer, clock, 1000);
    const inMinute = times.filter((at) => at < 60_000).length;
    expect(inMinute).toBeLessThan(500);
    expect(inMinute).toBeGreaterThan(300);
  });

  test("met by many requests in flight is one pause and one slowing down", async () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock, 50);
    await takeTurns(pacer, clock, 500);
    const end = pacer.pauseToNextMinute();
    const rate = pacer.ratePerSec;
    for (let i = 0; i < 64; i++) expect(pacer.pauseToNextMinute()).toBe(end);
    expect(pacer.ratePerSec).toBe(rate);
  });

  test("met by the very first send does not stop the run for good", async () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock);
    pacer.pauseToNextMinute();
    await takeTurns(pacer, clock, 3);
    expect(clock.elapsedMs).toBeLessThan(5 * 60_000);
  });
});
