import { describe, expect, test } from "vitest";
import { Breaker } from "../../src/broadcast/breaker.ts";
import { FakeClock } from "./fake-clock.ts";

const DOWN = { reason: "HTTP 502" };

function closedBreaker(most = 64) {
  const clock = new FakeClock();
  const breaker = new Breaker(clock, most);
  breaker.answered();
  return { clock, breaker };
}

const somebody = (onceOnly = false) => ({ excused: 0, isSuspect: false, onceOnly });

/** Fails until it opens, `everyMs` apart: how many failures that took. */
function failUntilOpen(breaker: Breaker, clock: FakeClock, everyMs: number, by = somebody()): number {
  for (let n = 1; n <= 100; n++) {
    breaker.failed(by, DOWN, false);
    if (breaker.isOpen) return n;
    clock.elapsedMs += everyMs;
  }
  return Number.POSITIVE_INFINITY;
}

describe("opens", () => {
  test.each([
    ["at five in a row that took a while: one recipient has eight attempts", 100, 5],
    ["at five after 250 ms", 62.5, 5],
    ["later when they come faster", 40, 8],
    ["at 20 at once, when all in flight fail together", 0, 20],
  ])("%s", (_, everyMs, count) => {
    const { clock, breaker } = closedBreaker(1024);
    expect(failUntilOpen(breaker, clock, everyMs)).toBe(count);
    expect(breaker).toMatchObject({ isCalm: false, isClosed: false, window: 0, openings: 1 });
  });

  test("at five at once where each failure costs somebody the message", () => {
    const { clock, breaker } = closedBreaker();
    expect(failUntilOpen(breaker, clock, 0, somebody(true))).toBe(5);
  });

  test("not while proper answers come between", () => {
    const { clock, breaker } = closedBreaker();
    for (let n = 0; n < 500; n++) {
      clock.elapsedMs += 100;
      if (n % 5 === 4) breaker.answered();
      else breaker.failed(somebody(), DOWN, false);
    }
    expect(breaker).toMatchObject({ isClosed: true, outages: { count: 0, ms: 0 } });
  });

  test("at once without a token, and excuses those who failed before", () => {
    const { breaker } = closedBreaker();
    const by = somebody();
    breaker.failed(by, DOWN, false);
    expect(by.excused).toBe(0);
    breaker.trip("no access token", 7000);
    expect(breaker).toMatchObject({ isOpen: true, untilTryMs: 7000, failure: { reason: "no access token" } });
    expect(by.excused).toBe(1);
  });
});

test("a failure of the outage is no attempt: those that opened it, and those that come afterwards", () => {
  const { clock, breaker } = closedBreaker();
  const [first, late] = [somebody(), somebody()];
  failUntilOpen(breaker, clock, 100, first);
  breaker.failed(late, DOWN, false);
  expect([first.excused, late.excused]).toEqual([5, 1]);
});

test("tries come 100 ms after the opening at first and 15 s apart in the end, with jitter", () => {
  const { clock, breaker } = closedBreaker();
  const pausesWith = (chance: number) => {
    clock.chance = chance;
    failUntilOpen(breaker, clock, 100);
    const pauses = [breaker.untilTryMs];
    for (let n = 0; n < 10; n++) {
      clock.elapsedMs += breaker.untilTryMs;
      expect(breaker.untilTryMs).toBe(0);
      breaker.tryFailed();
      pauses.push(breaker.untilTryMs);
    }
    for (let n = 0; n < 100; n++) {
      breaker.answered();
      clock.elapsedMs += 100;
    }
    return pauses.map(Math.round);
  };
  const longest = [100, 200, 400, 800, 1600, 3200, 6400, 12800, 15000, 15000, 15000];
  expect(pausesWith(1)).toEqual(longest);
  expect(pausesWith(0)).toEqual(longest.map((ms) => ms / 2));
});

describe("a proper answer while it is open", () => {
  test("begins a climb to all, over three seconds after a long outage", () => {
    const { clock, breaker } = closedBreaker(64);
    failUntilOpen(breaker, clock, 100);
    clock.elapsedMs += 60_000;
    breaker.answered();
    const windows: number[] = [];
    while (!breaker.isClosed) {
      windows.push(breaker.window);
      clock.elapsedMs += 100;
      for (let n = 0; n < windows.at(-1)!; n++) breaker.answered();
    }
    expect(windows[0]).toBe(1);
    expect(windows, "never falls").toEqual([...windows].sort((a, b) => a - b));
    expect(windows.find((window) => window >= 32)).toBeLessThan(40);
    expect(windows.length).toBeGreaterThanOrEqual(30);
    expect(windows.length).toBeLessThan(40);
  });

  test("costs little when it comes at once", () => {
    const { clock, breaker } = closedBreaker(64);
    failUntilOpen(breaker, clock, 0);
    clock.elapsedMs += 50;
    breaker.answered();
    clock.elapsedMs += 101;
    for (let n = 0; n < 64; n++) breaker.answered();
    expect(breaker).toMatchObject({ isClosed: true, isCalm: true });
  });

  test("is no end when failures follow: the same outage goes on", () => {
    const { clock, breaker } = closedBreaker(64);
    failUntilOpen(breaker, clock, 100);
    clock.elapsedMs += 600;
    breaker.answered();
    expect(breaker.outages).toEqual({ count: 1, ms: 1000 });
    expect(failUntilOpen(breaker, clock, 100)).toBe(5);
    expect(breaker.outages).toEqual({ count: 1, ms: 1400 });
    expect(breaker.untilTryMs, "short again").toBeLessThanOrEqual(100);
  });

  test("closes it at once where one request is all there is", () => {
    const { clock, breaker } = closedBreaker(1);
    failUntilOpen(breaker, clock, 100);
    breaker.answered();
    expect(breaker.isClosed).toBe(true);
  });
});

describe("before anything answered like the API", () => {
  test("five requests go out, and all of them after the first proper answer", () => {
    const breaker = new Breaker(new FakeClock(), 64);
    expect(breaker).toMatchObject({ isClosed: false, window: 5 });
    breaker.answered();
    expect(breaker).toMatchObject({ isClosed: true, window: 64 });
  });

  test("five failures and four tries are all that it gets", () => {
    const clock = new FakeClock();
    const breaker = new Breaker(clock, 64);
    expect(failUntilOpen(breaker, clock, 0)).toBe(5);
    for (let tries = 0; tries < 4; tries++) {
      expect(breaker.isHopeless).toBe(false);
      breaker.tryFailed();
    }
    expect(breaker.isHopeless).toBe(true);
  });

  test("one try is enough when it took long", () => {
    const clock = new FakeClock();
    const breaker = new Breaker(clock, 64);
    failUntilOpen(breaker, clock, 0);
    clock.elapsedMs += 20_000;
    expect(breaker.isHopeless).toBe(false);
    breaker.tryFailed();
    expect(breaker.isHopeless).toBe(true);
  });

  test("an errcode, be it busy, is the API: then it is an outage like others", () => {
    const clock = new FakeClock();
    const breaker = new Breaker(clock, 64);
    for (let n = 0; n < 20; n++) breaker.failed(somebody(), DOWN, true);
    for (let tries = 0; tries < 20; tries++) breaker.tryFailed();
    expect(breaker).toMatchObject({ isOpen: true, isHopeless: false });
  });
});
