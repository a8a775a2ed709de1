import { expect, test } from "vitest";
import { Pacer } from "../../src/broadcast/pacer.ts";
import type { Run } from "../../src/broadcast/run.ts";
import { Timing } from "../../src/broadcast/timing.ts";
import { whyWaiting } from "../../src/broadcast/waiting.ts";
import { FakeClock } from "./fake-clock.ts";

/** A run of which nothing but its pacer holds it up. */
function runOf(pacer: Pacer): Run {
  const deps = { ledger: {}, pulse: { fresh: true } };
  const signal = new AbortController().signal;
  const users = { inHand: { size: 0 }, postponed: new Map() };
  const timing = new Timing(new FakeClock());
  return { pacer, deps, timing, breaker: { isOpen: false }, signal, ...users } as unknown as Run;
}

test("a pause says how long it is, and how fast the run goes on", async () => {
  const clock = new FakeClock(Date.UTC(2026, 10, 23, 12, 0, 0));
  const pacer = new Pacer(clock, 50);
  expect(whyWaiting(runOf(pacer))).toBeUndefined();
  for (let i = 0; i < 600; i++) pacer.countSend();
  clock.elapsedMs += 36_500;
  pacer.refuse(600, "minute");
  expect(whyWaiting(runOf(pacer))).toBe("quota used up: waiting 24 s, then 587/m");
});

test("a pause after which the rate is not known says no rate", () => {
  const pacer = new Pacer(new FakeClock());
  pacer.refuse(pacer.countSend(), 3000);
  expect(whyWaiting(runOf(pacer))).toBe("quota used up: waiting 3 s");
});

test("all wait for a token: that is said", () => {
  const run = runOf(new Pacer(new FakeClock()));
  expect(whyWaiting(Object.assign(run, { renewing: 4, inFlight: 1 }))).toBeUndefined();
  expect(whyWaiting(Object.assign(run, { renewing: 4, inFlight: 0 }))).toBe("waiting for an access token");
});

test("only users are left to whom another broadcast is sending: that is said", () => {
  const run = runOf(new Pacer(new FakeClock()));
  const postponed = new Map([["u1", undefined]]);
  expect(whyWaiting(Object.assign(run, { postponed, inHand: { size: 3 } }))).toBeUndefined();
  expect(whyWaiting(Object.assign(run, { inHand: { size: 0 } }))).toBe(
    "waiting for another broadcast, which is sending to 1 of the users",
  );
});
