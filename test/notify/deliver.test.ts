import { expect, it } from "vitest";
import { deliver } from "../../src/notify/deliver.ts";
import { judge } from "../../src/notify/judge.ts";
import type { HookReply } from "../../src/notify/ports.ts";
import { FakeClock } from "../broadcast/fake-clock.ts";

const OK: HookReply = { kind: "answer", status: 200, text: "" };
const DOWN: HookReply = { kind: "answer", status: 503, text: "" };
const NEVER = new AbortController().signal;

/** Answers by turns, each after its time; notes how long it was given. */
function server(clock: FakeClock, ...replies: { reply: HookReply; takesMs?: number }[]) {
  const given: number[] = [];
  const send = async (timeoutMs: number): Promise<HookReply> => {
    const { reply, takesMs = 0 } = replies[given.length] ?? { reply: OK };
    given.push(timeoutMs);
    clock.elapsedMs += Math.min(takesMs, timeoutMs);
    return takesMs > timeoutMs ? { kind: "failure", reason: "no answer" } : reply;
  };
  return { send, given };
}

const run = (clock: FakeClock, send: (timeoutMs: number) => Promise<HookReply>, signal = NEVER) =>
  deliver({ send, judge: (reply) => judge("json", reply), clock, signal });

it("is tried three times at most, with a growing pause", async () => {
  const clock = new FakeClock();
  const { send, given } = server(clock, { reply: DOWN }, { reply: DOWN }, { reply: DOWN }, { reply: OK });
  expect(await run(clock, send)).toEqual({ tries: 3, problem: "HTTP 503" });
  expect(given).toHaveLength(3);
  expect(clock.slept).toEqual([400, 1200]);
});

it("ends with the first success, and with a refusal that will stay one", async () => {
  const clock = new FakeClock();
  const late = server(clock, { reply: DOWN }, { reply: OK });
  expect(await run(clock, late.send)).toEqual({ tries: 2 });
  const refused = server(clock, { reply: { kind: "answer", status: 403, text: "no" } });
  expect(await run(clock, refused.send)).toEqual({ tries: 1, problem: "HTTP 403: no" });
});

it("takes ten seconds at most, whatever the server does", async () => {
  const clock = new FakeClock();
  const slow = { reply: OK, takesMs: 60_000 };
  const { send, given } = server(clock, slow, slow, slow);
  expect(await run(clock, send)).toEqual({ tries: 2, problem: "no answer" });
  expect(clock.elapsedMs).toBeLessThanOrEqual(10_000);
  expect(given).toEqual([4000, 4000]);
});

it("waits as long as the server asks for, or not at all where that is too long", async () => {
  const wait = (retryAfterMs: number) => ({ reply: { ...DOWN, status: 429, retryAfterMs } as HookReply });
  const clock = new FakeClock();
  expect(await run(clock, server(clock, wait(3000)).send)).toEqual({ tries: 2 });
  expect(clock.slept).toEqual([3000]);
  const patient = new FakeClock();
  expect(await run(patient, server(patient, wait(60_000)).send)).toEqual({ tries: 1, problem: "HTTP 429" });
  expect(patient.slept).toEqual([]);
});

it("ends at once when it is interrupted, in the middle of an attempt", async () => {
  const end = new AbortController();
  const send = () => new Promise<HookReply>(() => end.abort());
  expect(await run(new FakeClock(), send, end.signal)).toEqual({ tries: 1, problem: "interrupted" });
});
