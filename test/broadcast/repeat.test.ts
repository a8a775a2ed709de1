import { expect, it } from "vitest";
import type { Repeat } from "../../src/broadcast/channel.ts";
import type { MessageSender, SendAnswer } from "../../src/broadcast/ports.ts";
import { repeatOf, repeatUntilMs } from "../../src/broadcast/repeat.ts";
import { type Clock, systemClock } from "../../src/clock.ts";
import { drive } from "./drive.ts";
import { giveUsers, outcomes, useWorld } from "./world.ts";

const MINUTE = 60_000;
const at = (text: string) => Date.parse(text);

function until(
  repeat: Repeat,
  { multiUse = false, standing = false, firstAgoMs = 0, now = "2026-11-27T03:00:00Z" } = {},
) {
  return repeatUntilMs(repeat, { multiUse, standing, firstAgoMs }, () => at(now));
}

it("by the code: for ever with a code for one message, never with one for several", () => {
  expect(until("by_code")).toBe(Number.POSITIVE_INFINITY);
  expect(until("by_code", { multiUse: true })).toBe(0);
});

it("always and never are that, whatever the permission", () => {
  expect(until("always", { multiUse: true })).toBe(Number.POSITIVE_INFINITY);
  expect(until("never")).toBe(0);
});

it("ten minutes count from the first attempt, less a minute", () => {
  expect(until("ten_minutes", { multiUse: true })).toBe(at("2026-11-27T03:09:00Z"));
  expect(until("ten_minutes", { firstAgoMs: 8 * MINUTE })).toBe(at("2026-11-27T03:01:00Z"));
  expect(until("ten_minutes", { firstAgoMs: 20 * MINUTE })).toBeLessThan(at("2026-11-27T03:00:00Z"));
});

it("the day is Beijing's, of the first attempt, less a minute", () => {
  const ofDay = (more: Parameters<typeof until>[1] = {}) =>
    until("same_day", { multiUse: true, standing: true, ...more });
  expect(ofDay()).toBe(at("2026-11-27T15:59:00Z"));
  expect(ofDay({ now: "2026-11-27T15:59:30Z" })).toBe(at("2026-11-27T15:59:00Z"));
  expect(ofDay({ now: "2026-11-27T16:00:00Z" })).toBe(at("2026-11-28T15:59:00Z"));
  expect(ofDay({ now: "2026-11-27T16:01:00Z", firstAgoMs: 2 * MINUTE })).toBe(at("2026-11-27T15:59:00Z"));
});

it("the day is that of a standing right: what is spent is never sent with again", () => {
  expect(until("same_day", { multiUse: true })).toBe(0);
});

it("without pools nobody knows whether a right stands, and nothing is repeated for its sake", () => {
  expect(repeatOf({ repeat: "same_day" }, { withoutPool: true })).toBe("never");
  expect(repeatOf({ repeat: "same_day" }, {})).toBe("same_day");
  expect(repeatOf({ repeat: "ten_minutes" }, { withoutPool: true })).toBe("ten_minutes");
});

const world = useWorld();
const ok: SendAnswer = { class: "ok", errcode: 0, errmsg: "ok" };
const lost: SendAnswer = { class: "ambiguous", errmsg: "timeout" };

/** The system's clock, which a test can put forward: nothing depends on how fast the machine is. */
function settableClock() {
  let aheadMs = 0;
  const clock: Clock = {
    ...systemClock,
    now: () => systemClock.now() + aheadMs,
    monotonic: () => systemClock.monotonic() + aheadMs,
  };
  const pass = (ms: number) => {
    aheadMs += ms;
  };
  return { clock, pass };
}

/** A platform that answers like this, one after the other, calling `beforeAnswer` first; to a send to nobody, that it is there. */
function answering(answers: SendAnswer[], beforeAnswer = () => {}): MessageSender {
  const refused: SendAnswer = { class: "user_unknown", errcode: 40003, errmsg: "nobody" };
  return {
    send: ({ openId }, __, onAnswer) =>
      setImmediate(() => {
        if (openId === "") return onAnswer(refused);
        beforeAnswer();
        onAnswer(answers.shift()!);
      }),
    close: async () => {},
  };
}

it.each([
  { minutes: 0.5, outcome: { sent: 1 }, unanswered: [] },
  { minutes: 8.5, outcome: { sent: 1 }, unanswered: [] },
  { minutes: 9.5, outcome: { unknown: 1 }, unanswered: [ok] },
])(
  "an attempt without an outcome is repeated while that is safe, and unknown from then on: $minutes min",
  async ({ minutes, outcome, unanswered }) => {
    await giveUsers(world, 1);
    const { clock, pass } = settableClock();
    const answers = [lost, ok];
    const sender = answering(answers, () => pass(minutes * MINUTE));
    const { result } = await drive(world, { clock, repeat: "ten_minutes", ports: { sender } });
    expect(result.outcomes).toEqual(outcomes(outcome));
    expect(answers).toEqual(unanswered);
  },
);

it("an outage that outlasts the time for repeats ends when the API is back: what may have arrived is unknown", async () => {
  await giveUsers(world, 20);
  const { clock, pass } = settableClock();
  let sends = 0;
  const tried = new Set<string>();
  const sender: MessageSender = {
    send: ({ openId }, __, onAnswer) =>
      setImmediate(() => {
        if (openId === "") return onAnswer({ class: "user_unknown", errcode: 40003, errmsg: "nobody" });
        const isDown = ++sends > 4 && sends <= 16;
        if (isDown) tried.add(openId);
        if (sends === 16) pass(9.5 * MINUTE);
        onAnswer(isDown ? lost : ok);
      }),
    close: async () => {},
  };
  const { result, run } = await drive(world, {
    clock,
    concurrency: 4,
    repeat: "ten_minutes",
    maxOutageMs: 60 * MINUTE,
    ports: { sender },
  });
  expect(run.stopReason).toBeUndefined();
  expect(run.breaker.openings).toBeGreaterThan(0);
  expect(result.outcomes).toEqual(outcomes({ unknown: tried.size, sent: 20 - tried.size }));
  expect(sends).toBe(16 + 16 - tried.size);
});

it("a refusal that comes as a word is counted, noted and shown as that word", async () => {
  await giveUsers(world, 1);
  const errcode = "40004/NOT_LISTED";
  const sender = answering([{ class: "unlisted", errcode, errmsg: "no" }]);
  const { result } = await drive(world, { ports: { sender } });
  expect(result.outcomes).toEqual(outcomes({ failed: 1 }));
  expect(result.errors).toEqual([{ errcode, errmsg: "no", count: 1 }]);
  const [record] = await world.redis.client.hvals("{mina:openid:u0}:sends");
  expect(record).toContain(` ${errcode} `);
});
