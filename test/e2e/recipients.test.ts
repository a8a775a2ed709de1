import { expect, it } from "vitest";
import { useBuiltCli } from "./built-cli.ts";
import { fillLedgers } from "./ledgers.ts";
import { giveUsers, TEMPLATE, useWorld } from "./world.ts";

const cli = useBuiltCli();
const world = useWorld(cli, { latencyMs: 5 });

it("those who failed go through a pipe into another broadcast, which reaches exactly them", async () => {
  await giveUsers(world, 200);
  world.sandbox.setFaults([{ kind: "unlisted", percent: 10 }]);
  const argv = ["broadcast", TEMPLATE, "--yes", "--no-keywords", "--id", "b1", "--max-errors", "100"];
  expect((await cli.run(argv)).code).toBe(8);
  world.sandbox.setFaults([]);
  const reached = Object.keys(world.sandbox.stats().deliveriesByUser);
  const missed = 200 - reached.length;
  expect(missed).toBeGreaterThan(3);
  // New codes for everybody, so that a wrong one could be reached, too.
  await giveUsers(world, 200);
  const list = '"$0" "$1" broadcast recipients b1 --outcome failed --format openid';
  const send = '"$0" "$1" broadcast another --id b2 --to-file - --yes --no-keywords --json';
  const line = `set -o pipefail; ${list} | ${send}`;
  const { code, stdout, stderr } = await cli.spawn("bash", ["-c", line, process.execPath, cli.program]).done;
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ recipients: missed, outcomes: { sent: missed } });
  expect(stderr).toContain(`${missed} recipients\n`);
  const { deliveriesByUser, maxPerUser } = world.sandbox.stats();
  expect(Object.keys(deliveriesByUser)).toHaveLength(200);
  expect(maxPerUser).toBe(1);
});

it("Ctrl-C ends a long list", async () => {
  await giveUsers(world, 2000);
  expect((await cli.run(["broadcast", TEMPLATE, "--yes", "--no-keywords", "--id", "b1"])).code).toBe(0);
  // Nobody reads, so that it has to wait in the middle.
  const child = cli.spawn("bash", [
    "-c",
    '"$0" "$1" broadcast recipients b1 --json > >(sleep 3; cat >/dev/null) & wait_for=$!; sleep 2; kill -INT $wait_for; wait $wait_for',
    process.execPath,
    cli.program,
  ]);
  expect((await child.done).code).toBe(130);
});

it("ends quietly, and soon, when the reader has seen enough", async () => {
  await fillLedgers(world, 100_000);
  await world.redis.client.config("RESETSTAT");
  const line = `set -o pipefail; "$0" "$1" broadcast recipients b1 --json | head -1`;
  const { stdout, stderr } = await cli.spawn("bash", ["-c", line, process.execPath, cli.program]).done;
  expect(stderr).toBe("");
  expect(Object.keys(JSON.parse(stdout))).toHaveLength(9);
  const [, looks] = /cmdstat_hget:calls=(\d+)/.exec(await world.redis.client.info("commandstats"))!;
  expect(Number(looks), "ledgers looked at").toBeLessThan(50_000);
  // Before the watch over secrets, which reads every ledger.
  await world.redis.client.flushall();
});
