import { expect, test } from "vitest";
import { parseOutage } from "../../src/sandbox/sandbox.ts";
import { cliEnv, runCli } from "../helpers/cli.ts";
import { freePort } from "../platforms/servers.ts";
import { broadcast, checkBooks, giveUsers, outcomes, useWorld } from "./world.ts";

const world = useWorld();

async function resume(args: string[], apiBase = world.sandbox.url) {
  return runCli(["broadcast", "resume", "b-1", "--json", "--yes", "--limit", "none", ...args], {
    env: cliEnv(world.redis.url, apiBase),
  });
}

test("a resume that begins in an outage waits for the API that the broadcast has met before", async () => {
  await giveUsers(world, 40);
  expect((await broadcast(world, ["--id", "b-1", "--limit", "4"])).code).toBe(0);
  world.sandbox.setOutage(parseOutage("0:4s"));
  const resumed = await resume([]);
  expect(resumed.code, resumed.stderr).toBe(0);
  const document = await checkBooks(world, resumed, 40);
  expect(document).toMatchObject({ status: "finished", outcomes: outcomes({ sent: 40, skipped: 4 }) });
  expect(document.outages?.count).toBe(1);
});

test("another API than that may be none: it does not wait for that", async () => {
  await giveUsers(world, 40);
  expect((await broadcast(world, ["--id", "b-1", "--limit", "4"])).code).toBe(0);
  const other = `http://127.0.0.1:${await freePort()}`;
  const resumed = await resume(["--api-base", other], other);
  expect(resumed.code).toBe(7);
  expect(resumed.stderr).toContain("the API can't be reached: connection refused");
});
