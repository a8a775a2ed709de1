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
  const AT_41 = Date.UTC(2026, 10, 23, 12, 0, 41, 500);

  test("pauses to the start of the next minute", async () => {
    const clock = new FakeClock(AT_41);
    const pacer = new Pacer(clock);
    await takeTurns(pacer, clock, 100);
    pacer.refuse(100, "minute");
    expect(pacer.pauseLeftMs).toBe(18_500);
    expect(pacer.mayWait).toBe(true);
    await pacer.take(RUNNING);
    expect(clock.now()).toBeGreaterThanOrEqual(Date.UTC(2026, 10, 23, 12, 1, 0));
    expect(clock.now()).toBeLessThan(Date.UTC(2026, 10, 23, 12, 1, 1));
    expect(pacer.pauseLeftMs).toBe(0);
  });

  test.each([-1, 1])(
    "pauses no longer and no shorter when the clock is set by %d h meanwhile",
    async (hours) => {
      const clock = new FakeClock(AT_41);
      const pacer = new Pacer(clock);
      await takeTurns(pacer, clock, 100);
      pacer.refuse(100, "minute");
      const setAt = clock.elapsedMs;
      clock.now = () => AT_41 + hours * 3_600_000 + Math.floor(clock.elapsedMs);
      expect(pacer.pauseLeftMs).toBe(18_500);
      await pacer.take(RUNNING);
      expect(clock.elapsedMs - setAt).toBeGreaterThanOrEqual(18_500);
      expect(clock.elapsedMs - setAt).toBeLessThan(19_500);
    },
  );

  test("goes on a little slower than what the minute took, and tries more in the end", async () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock, 50);
    await takeTurns(pacer, clock, 600);
    pacer.refuse(600, "minute");
    const times = await takeTurns(pacer, clock, 3000);
    expect(times.filter((at) => at < 15_000).length).toBeLessThan(150);
    expect(times.filter((at) => at < 15_000).length).toBeGreaterThan(140);
    // The given rate is not passed, however long nothing was refused.
    expect(pacer.ratePerSec).toBe(50);
    expect(mostInOneSecond(times)).toBeLessThanOrEqual(51);
  });

  test("met by many requests in flight is one pause and one slowing down, by what was accepted", async () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock, 50);
    await takeTurns(pacer, clock, 664);
    for (let i = 601; i <= 664; i++) pacer.refuse(i, "minute");
    expect(pacer.ratePerSec).toBeCloseTo((600 / 60) * 0.98, 1);
    expect(pacer.found).toMatchObject({ refusals: 1 });
  });

  test("met by the very first sends is a pause and no more", async () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock);
    const turns = Array.from({ length: 5 }, () => pacer.countSend());
    for (const turn of turns) pacer.refuse(turn, "minute");
    expect(pacer.ratePerSec).toBe(Number.POSITIVE_INFINITY);
    await pacer.take(RUNNING);
    expect(pacer.mayWait).toBe(false);
  });

  test("after a handful that was accepted sets no rate of a handful a minute", async () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock);
    for (let i = 0; i < 8; i++) pacer.countSend();
    pacer.refuse(8, "minute");
    expect(pacer.ratePerSec).toBeGreaterThan(5);
  });

  test("of another minute than thought is waited for in short pauses that double", async () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock, 50);
    await takeTurns(pacer, clock, 600);
    pacer.refuse(600, "minute");
    const pauses: number[] = [];
    for (let i = 0; i < 7; i++) {
      await pacer.take(RUNNING);
      pacer.refuse(pacer.countSend(), "minute");
      pauses.push(Math.round(pacer.pauseLeftMs / 1000));
    }
    expect(pauses.slice(0, 5)).toEqual([1, 2, 4, 8, 16]);
    expect(pacer.ratePerSec).toBeGreaterThan(9);
  });
});

describe("a wait of so many ms", () => {
  test("is waited for, and the longest of those that came together", async () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock, 50);
    await takeTurns(pacer, clock, 200);
    pacer.refuse(199, 2000);
    pacer.refuse(200, 7000);
    expect(pacer.pauseLeftMs).toBe(7000);
    pacer.refuse(198, 1000);
    expect(pacer.pauseLeftMs).toBe(7000);
    await pacer.take(RUNNING);
    expect(pacer.pauseLeftMs).toBe(0);
    expect(pacer.ratePerSec).toBeLessThan(50);
    expect(pacer.ratePerSec).toBeGreaterThan(40);
  });
});

describe("the rate that another run found", () => {
  test("holds for this one too, once for each refusal, and is shared", async () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock);
    pacer.share(2);
    pacer.adopt("other", { refusals: 1, perSec: 40 });
    expect(pacer.ratePerSec).toBe(40);
    expect(mostInOneSecond(await takeTurns(pacer, clock, 200))).toBeLessThanOrEqual(21);
    clock.elapsedMs += 50_000;
    const climbed = pacer.ratePerSec;
    expect(climbed).toBeGreaterThan(42);
    pacer.adopt("other", { refusals: 1, perSec: 40 });
    expect(pacer.ratePerSec).toBe(climbed);
    pacer.adopt("other", { refusals: 2, perSec: 30 });
    expect(pacer.ratePerSec).toBe(30);
    pacer.share(1);
    expect(mostInOneSecond(await takeTurns(pacer, clock, 100))).toBeGreaterThan(25);
  });

  test("changes nothing when it is higher, or when this run learned of it only", () => {
    const pacer = new Pacer(new FakeClock(), 30);
    pacer.adopt("other", { refusals: 1, perSec: 40 });
    expect(pacer.ratePerSec).toBe(30);
    expect(pacer.found).toMatchObject({ refusals: 0 });
  });

  test("is forgotten when nothing is refused for minutes", () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock);
    pacer.adopt("other", { refusals: 1, perSec: 40 });
    clock.elapsedMs += 10 * 60_000;
    expect(pacer.ratePerSec).toBe(Number.POSITIVE_INFINITY);
    expect(pacer.found).toBeUndefined();
    expect(pacer.mayWait).toBe(false);
  });
});
