import { expect, test } from "vitest";
import { broadcast, checkBooks, giveUsers, outcomes, setFaults, useWorld } from "./world.ts";

const USERS = 120;
const world = useWorld({ sandbox: { slowMs: 600 } });

/** Every fault that leaves the broadcast able to reach everybody. */
const SURVIVABLE = [
  "busy",
  "busy-delivered",
  "5xx",
  "5xx-after",
  "reset",
  "reset-after",
  "slow",
  "garbage",
  "garbage-after",
  "truncated",
  "token-expiry",
  "errcode-43108",
  "errcode--1000",
];

test.each(SURVIVABLE)("with %s now and then, every user gets exactly one message", async (kind) => {
  await giveUsers(world, USERS);
  setFaults(world, `${kind}:12`);
  const result = await broadcast(world, ["--concurrency", "16", "--timeout", "250ms"]);
  expect(result.code, result.stderr).toBe(0);
  const document = await checkBooks(world, result, USERS);
  expect(document).toMatchObject({ status: "finished", outcomes: outcomes({ sent: USERS }) });
  expect(world.sandbox.stats()).toMatchObject({ delivered: USERS, maxPerUser: 1 });
  expect(world.sandbox.stats().faults[kind], "the fault did come up").toBeGreaterThan(0);
});
