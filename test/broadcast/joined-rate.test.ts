import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import type { ReportLine } from "../../src/broadcast/report.ts";
import { cliEnv, runCli } from "../helpers/cli.ts";
import { broadcast, giveUsers, until, useFolder, useWorld } from "./world.ts";

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

/** How many of the times lie in one second, at most. */
function mostInASecond(times: number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  let first = 0;
  return Math.max(
    ...sorted.map((at, i) => {
      while (at - sorted[first]! >= 1000) first++;
      return i - first + 1;
    }),
  );
}

test("a run that joins shares the rate: together they never send faster", async () => {
  const users = await giveUsers(world, 320);
  const [one, two] = [join(dir, "one.ndjson"), join(dir, "two.ndjson")];
  const first = broadcast(world, ["--id", "b-1", "--rate", "40/s", "--concurrency", "4", "--report", one]);
  await until(() => world.sandbox.stats().delivered >= 40);
  const joined = runCli(["broadcast", "resume", "b-1", "--join", "--yes", "--json", "--report", two], {
    env: cliEnv(world.redis.url, world.sandbox.url),
  });
  for (const result of [await first, await joined]) {
    expect(result.code, result.stderr).toBe(0);
    expect(result.json<BroadcastResult>()).toMatchObject({ outcomes: { sent: 320 } });
  }
  const runs = await Promise.all(
    users.map((openId) => world.redis.client.hget(`{mina:openid:${openId}}:sends`, "b-1")),
  );
  expect(new Set(runs.map((record) => record?.split(" ")[1])).size, "both runs send").toBe(2);
  const times = new Map([...settleTimes(two), ...settleTimes(one)]);
  expect(times.size).toBe(320);
  // What is measured comes after the answer, so it trembles: a rate that is not shared would show 60 and more.
  expect(mostInASecond([...times.values()])).toBeLessThanOrEqual(48);
});
