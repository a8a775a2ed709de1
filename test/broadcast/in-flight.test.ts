import { expect, it } from "vitest";
import type { SendAnswer } from "../../src/broadcast/ports.ts";
import { systemClock } from "../../src/clock.ts";
import { drive, hurriedClock } from "./drive.ts";
import { countCodes, giveUsers, ledgers, outcomes, useWorld } from "./world.ts";

const world = useWorld();

it("a code stays claimed when push-cli itself fails after sending with it: it may have arrived", async () => {
  await giveUsers(world, 1);
  const sender = {
    send: () => {
      throw new Error("a defect");
    },
    close: async () => {},
  };
  const { result } = await drive(world, { ports: { sender } });
  expect(result).toMatchObject({ status: "stopped", open: 1, codes: { released: 0 } });
  expect([...(await ledgers(world)).values()]).toEqual(["claimed"]);
  expect(await countCodes(world)).toBe(0);
});

it("waiting for the next minute's quota costs none of a recipient's attempts", async () => {
  await giveUsers(world, 1);
  const quota: SendAnswer = { class: "quota", errcode: 45011, errmsg: "quota" };
  const answers: SendAnswer[] = [
    quota,
    quota,
    { class: "ambiguous", errmsg: "reset" },
    { class: "ok", errcode: 0, errmsg: "ok" },
  ];
  const sender = {
    send: (_: unknown, __: string, onAnswer: (answer: SendAnswer) => void) => onAnswer(answers.shift()!),
    close: async () => {},
  };
  const { result } = await drive(world, { clock: hurriedClock(60), maxAttempts: 2, ports: { sender } });
  expect(result.outcomes).toEqual(outcomes({ sent: 1 }));
  expect(answers).toEqual([]);
});

it("a clock that is set back in the middle changes no duration", async () => {
  await giveUsers(world, 1);
  let backMs = 0;
  const clock = { ...systemClock, now: () => Date.now() - backMs };
  const { result } = await drive(world, {
    clock,
    onStart: () => {
      backMs = 3_600_000;
    },
  });
  expect(result.outcomes.sent).toBe(1);
  expect(result.durationMs).toBeGreaterThan(0);
  expect(result.durationMs).toBe(result.run?.durationMs);
  const [noted] = await world.redis.open.stores.broadcasts.runs(result.broadcastId);
  expect(noted?.elapsedMs).toBeGreaterThanOrEqual(0);
});
