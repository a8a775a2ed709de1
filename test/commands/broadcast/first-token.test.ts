import { expect, test } from "vitest";
import { parseOutage } from "../../../src/sandbox/sandbox.ts";
import {
  broadcast,
  checkBooks,
  giveUsers,
  interrupt,
  outcomes,
  until,
  useWorld,
} from "../../broadcast/world.ts";

const world = useWorld();

test.each(["busy", "502"])("a token endpoint that is busy at the start (%s) is waited for", async (kind) => {
  await giveUsers(world, 20);
  world.sandbox.setOutage(parseOutage(`0:1500ms:token-${kind}`));
  const result = await broadcast(world);
  expect(result.code, result.stderr).toBe(0);
  expect(result.stderr).toContain("waiting for an access token: no access token");
  expect((await checkBooks(world, result, 20)).outcomes).toEqual(outcomes({ sent: 20 }));
});

test("a signal ends the wait: nothing was begun", async () => {
  await giveUsers(world, 20);
  world.sandbox.setOutage(parseOutage("0:1m:token-busy"));
  const tries = () => world.sandbox.stats().faults["outage-busy"] ?? 0;
  const result = await interrupt(world, [], () => tries() >= 3, "SIGTERM");
  expect(result).toMatchObject({ code: 143, stdout: "" });
  expect(await world.redis.client.exists("mina:broadcasts")).toBe(0);
});

test("a signal ends it while the endpoint does not answer, too", async () => {
  await giveUsers(world, 20);
  world.sandbox.setOutage(parseOutage("0:3s:token-silent"));
  const result = await interrupt(
    world,
    [],
    () => (world.sandbox.stats().faults["outage-silent"] ?? 0) >= 1,
    "SIGINT",
  );
  expect(result).toMatchObject({ code: 130, stdout: "" });
});

test("a refusal is not waited for", async () => {
  await giveUsers(world, 20);
  const started = broadcast(world, [], { env: { PUSH_CLI_APPSECRET: "wrong" } });
  const result = await started;
  expect(result.code).toBe(4);
  expect(result.stderr).not.toContain("waiting");
  await until(() => world.sandbox.stats().byErrcode[40001] === 1);
});
