import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import type { ReportLine } from "../../src/broadcast/report.ts";
import { cliEnv, runCli } from "../helpers/cli.ts";
import { broadcast, giveUsers, interrupt, setFaults, until, useFolder, useWorld } from "./world.ts";

const world = useWorld({ sandbox: { latencyMs: 5 } });
const dir = useFolder();

/** When each recipient in a report was settled, ms. Each of the runs also reports what the other settled. */
function settleTimes(path: string): Map<string, number> {
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  return new Map(
    lines.map((text) => {
      const line = JSON.parse(text) as ReportLine;
      return [line.openId, Date.parse(line.at)];
    }),
  );
}

test("a run that joins shares the rate: together they never send faster", async () => {
  const users = await giveUsers(world, 200);
  const [one, two] = [join(dir, "one.ndjson"), join(dir, "two.ndjson")];
  const first = broadcast(world, ["--id", "b-1", "--rate", "40/s", "--concurrency", "4", "--report", one]);
  await until(() => world.sandbox.stats().delivered >= 40);
  const joined = runCli(["broadcast", "resume", "b-1", "--join", "--yes", "--json", "--report", two], {
    env: cliEnv(world.redis.url, world.sandbox.url),
  });
  for (const result of [await first, await joined]) {
    expect(result.code, result.stderr).toBe(0);
    expect(result.json<BroadcastResult>()).toMatchObject({ outcomes: { sent: 200 } });
  }
  const runs = await Promise.all(
    users.map((openId) => world.redis.client.hget(`{mina:openid:${openId}}:sends`, "b-1")),
  );
  expect(new Set(runs.map((record) => record?.split(" ")[1])).size, "both runs send").toBe(2);
  const times = new Map([...settleTimes(two), ...settleTimes(one)]);
  expect(times.size).toBe(200);
  // The 160 after the first 40 take four seconds at 40 a second; at twice that they would take two.
  const sorted = [...times.values()].sort((a, b) => a - b);
  expect(sorted.at(-1)! - sorted[40]!).toBeGreaterThan(3500);
});

const RECORD = "mina:broadcast:b-1";

/** The rates that the runs of a broadcast found, the oldest run first. */
async function foundRates(): Promise<(number | null)[]> {
  const shown = await runCli(["broadcast", "show", "b-1", "--json"], {
    env: cliEnv(world.redis.url, world.sandbox.url),
  });
  return shown.json<{ runs: { foundPerSec: number | null }[] }>().runs.map(({ foundPerSec }) => foundPerSec);
}

/** A broadcast that met a quota once it had sent 60 messages, and was interrupted. */
async function meetQuota(): Promise<void> {
  await giveUsers(world, 150);
  const stopped = await interrupt(world, ["--id", "b-1", "--concurrency", "4", "--rate", "100/s"], () => {
    const { delivered, faults } = world.sandbox.stats();
    if (delivered >= 60 && !faults["minute-quota"]) setFaults(world, "minute-quota:100");
    return (faults["minute-quota"] ?? 0) > 0;
  });
  setFaults(world);
  expect(stopped.code).toBe(130);
}

test("a run that follows soon starts from the rate that the one before it found", async () => {
  await meetQuota();
  const [found] = await foundRates();
  // However slow the machine was.
  expect(found).toBeGreaterThan(0);
  expect(found).toBeLessThan(97);
  const resumed = await runCli(["broadcast", "resume", "b-1", "--yes", "--json"], {
    env: cliEnv(world.redis.url, world.sandbox.url),
  });
  expect(resumed.code, resumed.stderr).toBe(0);
  const [, next] = await foundRates();
  expect(next).toBeGreaterThanOrEqual(found!);
  expect(next, "nearer to that than to --rate").toBeLessThan((found! + 100) / 2);
});

test("a run at work takes over what a run beside it finds", async () => {
  await giveUsers(world, 60);
  const running = broadcast(world, ["--id", "b-1", "--rate", "30/s"]);
  await until(() => world.sandbox.stats().delivered >= 10);
  const now = Date.now();
  const other = { runId: "other", host: "elsewhere", pid: 1, sinceMs: now, untilMs: now, errors: [] };
  const state = { ...other, codes: {}, found: { refusals: 1, perSec: 12 } };
  const { client } = world.redis;
  await client.set(`${RECORD}:run:other`, "1", "EX", 60);
  await client.hset(RECORD, "run:other", JSON.stringify(state));
  await until(async () => (await foundRates()).filter((rate) => rate !== null).length === 2);
  await client.del(`${RECORD}:run:other`);
  await client.hdel(RECORD, "run:other");
  expect((await running).code).toBe(0);
  const [found] = await foundRates();
  expect(found).toBeGreaterThanOrEqual(12);
  expect(found, "nearer to that than to --rate").toBeLessThan(21);
});
