import { describe, expect, test } from "vitest";
import { Pacer } from "../../src/broadcast/pacer.ts";
import { FakeClock } from "./fake-clock.ts";

const RUNNING = new AbortController().signal;

/** Sends as fast as the pacer lets it, for so long; the sends a second over that time. */
async function speedOver(pacer: Pacer, clock: FakeClock, ms: number): Promise<number> {
  const fromMs = clock.elapsedMs;
  let sends = 0;
  while (clock.elapsedMs - fromMs < ms) {
    await pacer.take(RUNNING);
    pacer.countSend();
    sends++;
  }
  return (sends * 1000) / (clock.elapsedMs - fromMs);
}

describe("a rate to begin with", () => {
  test("holds at first, is climbed from, and gone after some minutes without trouble", async () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock, undefined, 50);
    expect(pacer.mayWait).toBe(true);
    expect(await speedOver(pacer, clock, 5000)).toBeCloseTo(50, -1);
    clock.elapsedMs += 60_000;
    expect(pacer.ratePerSec).toBeGreaterThan(70);
    clock.elapsedMs += 120_000;
    expect(pacer.ratePerSec).toBe(Number.POSITIVE_INFINITY);
    expect(pacer.mayWait).toBe(false);
  });

  test("is nothing that the platform has said, so other runs don't take it over", () => {
    const [one, other] = [new Pacer(new FakeClock(), undefined, 50), new Pacer(new FakeClock())];
    other.adopt("one", one.found ?? { refusals: 0, perSec: 50 });
    expect(other.ratePerSec).toBe(Number.POSITIVE_INFINITY);
  });

  test("gives way to the operator's", () => {
    expect(new Pacer(new FakeClock(), 500, 50).ratePerSec).toBe(500);
  });
});

describe("a busy platform", () => {
  test("halves the rate, once for all sends that were in flight, without a pause", async () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock, undefined, 50);
    await speedOver(pacer, clock, 90_000);
    const turn = pacer.countSend();
    const before = pacer.ratePerSec;
    pacer.slow(turn);
    expect(pacer.ratePerSec).toBeGreaterThan(before * 0.45);
    expect(pacer.ratePerSec).toBeLessThan(before * 0.55);
    expect(pacer.pauseLeftMs).toBe(0);
    const halved = pacer.ratePerSec;
    for (const earlier of [turn, turn - 1, turn - 20]) pacer.slow(earlier);
    expect(pacer.ratePerSec).toBe(halved);
    expect(pacer.found).toEqual({ refusals: 1, perSec: halved });
    clock.elapsedMs += 90_000;
    expect(pacer.ratePerSec).toBeGreaterThan(before);
  });

  test("halves the speed that it had where no rate was left", async () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock, undefined, 50);
    clock.elapsedMs += 300_000;
    for (let i = 0; i < 1000; i++) {
      pacer.countSend();
      clock.elapsedMs += 5;
    }
    pacer.slow(pacer.countSend());
    expect(pacer.ratePerSec).toBeGreaterThan(85);
    expect(pacer.ratePerSec).toBeLessThan(115);
  });

  test("lowers it to no less than the rate at the start", async () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock, undefined, 50);
    for (let i = 0; i < 20; i++) {
      await pacer.take(RUNNING);
      pacer.slow(pacer.countSend());
    }
    expect(pacer.ratePerSec).toBeCloseTo(50, 0);
  });

  test("changes nothing in a run that began with no rate of its own", () => {
    const pacer = new Pacer(new FakeClock());
    pacer.slow(pacer.countSend());
    expect(pacer.mayWait).toBe(false);
  });
});
