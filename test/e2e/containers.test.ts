import { expect, it } from "vitest";
import { NO_UNSHARE } from "../helpers/unshare.ts";
import { type Running, useBuiltCli } from "./built-cli.ts";
import { giveUsers, TEMPLATE, useWorld } from "./world.ts";

const USERS = 600;

const cli = useBuiltCli();
const world = useWorld(cli, { latencyMs: 50 });
const delivered = () => world.sandbox.stats().delivered;

async function startBroadcast(): Promise<Running> {
  await giveUsers(world, USERS);
  const args = ["--yes", "--no-keywords", "--id", "b1", "--concurrency", "4"];
  const sending = cli.start(["broadcast", TEMPLATE, ...args], { stdin: "" });
  await expect.poll(delivered, { interval: 10 }).toBeGreaterThan(10);
  return sending;
}

/** In a pid namespace of its own, and with the same host name: the pid of the other run is not to be seen there. */
function runInContainer(argv: string[]): Running["done"] {
  const args = ["--pid", "--fork", "--mount-proc", process.execPath, cli.program, ...argv];
  return cli.spawn("unshare", args, { stdin: "" }).done;
}

it.skipIf(NO_UNSHARE)("a run in another container of the same host name is not taken for dead", async () => {
  const sending = await startBroadcast();
  const shown = await runInContainer(["broadcast", "show", "b1", "--json"]);
  expect(JSON.parse(shown.stdout)).toMatchObject({ status: "running" });
  const resumed = await runInContainer(["broadcast", "resume", "b1", "--yes"]);
  expect(resumed.code, resumed.stderr).toBe(10);
  expect(resumed.stderr).toContain("may still be alive");
  expect((await sending.done).code).toBe(0);
  expect(world.sandbox.stats()).toMatchObject({ delivered: USERS, maxPerUser: 1 });
});

it.skipIf(NO_UNSHARE)("a run in another container is worked beside, not taken over", async () => {
  const sending = await startBroadcast();
  const args = ["broadcast", "resume", "b1", "--yes", "--join", "--json", "--concurrency", "4"];
  const joined = await runInContainer(args);
  expect(joined.code, joined.stderr).toBe(0);
  expect(JSON.parse(joined.stdout)).toMatchObject({ status: "finished", outcomes: { sent: USERS } });
  expect((await sending.done).code).toBe(0);
  expect(world.sandbox.stats()).toMatchObject({ delivered: USERS, maxPerUser: 1 });
});
