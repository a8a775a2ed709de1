import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { ReportLine } from "../../src/broadcast/report.ts";
import {
  broadcast,
  checkBooks,
  countCodes,
  giveUsers,
  outcomes,
  setFaults,
  until,
  useFolder,
  useWorld,
} from "./world.ts";

const world = useWorld({ sandbox: { latencyMs: 25, slowMs: 1500 } });
const dir = useFolder();

/** When each message was settled, ms, in order. */
async function settleTimes(args: string[]): Promise<number[]> {
  const path = join(dir, `${args.join()}.ndjson`.replaceAll("/", ""));
  const result = await broadcast(world, [...args, "--report", path]);
  expect(result.code, result.stderr).toBe(0);
  return readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => Date.parse((JSON.parse(line) as ReportLine).at))
    .sort((a, b) => a - b);
}

test.each([
  ["60/s", 60],
  ["3000/m", 50],
])("--rate %s spaces the sends evenly", async (flag, perSecond) => {
  await giveUsers(world, 60);
  const times = await settleTimes(["--rate", flag, "--concurrency", "32"]);
  const took = (times.at(-1)! - times[0]!) / 1000;
  // What is measured comes after the answer, so it trembles; a burst of the whole concurrency would show all the same.
  expect(took).toBeGreaterThan((60 - 1) / perSecond - 0.25);
  for (let i = 0; i + 30 < times.length; i++)
    expect(times[i + 30]! - times[i]!, `30 sends from ${i} on`).toBeGreaterThan(150);
});

test("--concurrency bounds the requests in flight, over connections that are kept", async () => {
  await giveUsers(world, 60);
  const result = await broadcast(world, ["--concurrency", "5"]);
  expect(await checkBooks(world, result, 60)).toMatchObject({ outcomes: outcomes({ sent: 60 }) });
  const { connections, requests } = world.sandbox.stats();
  expect(requests).toBe(61);
  // One more for the token; those that were idle while Redis was slow are replaced.
  expect(connections).toBeLessThanOrEqual(20);
  expect(connections).toBeGreaterThan(3);
});

test("claims stay just ahead of the sends: beside the requests in flight, at most twice the concurrency is claimed", async () => {
  await giveUsers(world, 60);
  setFaults(world, "slow:100");
  const running = broadcast(world, ["--concurrency", "10"]);
  const taken = async () => 60 - (await countCodes(world));
  await until(async () => (await taken()) === 30);
  await sleep(100);
  expect(await taken(), "10 in flight and 20 behind them").toBe(30);
  expect(
    world.sandbox.stats().requests,
    "five until the first answer, those in flight, one for the token",
  ).toBe(16);
  setFaults(world);
  expect(await checkBooks(world, await running, 60)).toMatchObject({ outcomes: outcomes({ sent: 60 }) });
});

test("who waits to be tried again counts as claimed ahead", async () => {
  await giveUsers(world, 60);
  setFaults(world, "busy:100");
  const running = broadcast(world, ["--concurrency", "10"]);
  const taken = async () => 60 - (await countCodes(world));
  await until(async () => world.sandbox.stats().requests > 20);
  expect(await taken()).toBeGreaterThanOrEqual(20);
  expect(await taken()).toBeLessThanOrEqual(30);
  setFaults(world);
  expect(await checkBooks(world, await running, 60)).toMatchObject({ outcomes: outcomes({ sent: 60 }) });
});

test.each([
  ["--concurrency", "0"],
  ["--concurrency", "1025"],
  ["--concurrency", "many"],
  ["--rate", "0"],
  ["--rate", "fast"],
  ["--rate", "10/d"],
  ["--limit", "0"],
  ["--limit", "-1"],
  ["--max-errors", "x"],
  ["--max-errors", "101%"],
  ["--timeout", "50ms"],
  ["--timeout", "soon"],
  ["--emphasis", "1"],
  ["--page", "/pages/index"],
])("%s %s is refused before anything happens", async (flag, value) => {
  await giveUsers(world, 1);
  const result = await broadcast(world, [flag, value]);
  expect(result).toMatchObject({ code: 2, stdout: "" });
  const { error } = JSON.parse(result.stderr);
  expect(error.message).toContain(flag === "--page" ? value : flag);
  expect(error.hint, "says what would do").toMatch(/\w{2,}/);
  expect(world.sandbox.stats().requests).toBe(0);
});
