import { afterEach, beforeEach, expect, it } from "vitest";
import { useBuiltCli } from "./built-cli.ts";
import { measurePeak } from "./peak.ts";
import { useWorld } from "./world.ts";

const cli = useBuiltCli();
const world = useWorld(cli);
const PEOPLE = 300_000;
/** It takes 115 to 130, as it does with a million; their lines in memory would be 150 more. */
const LIMIT_MB = 170;

/** Writes ledgers from inside Redis, which takes a second for what a broadcast takes minutes for. */
const FILL = `
local at = ARGV[3]
for i = tonumber(ARGV[1]), tonumber(ARGV[2]) - 1 do
  local name = string.format("oABCDEFGHIJKLMNOPQRS%08d", i)
  local outcome = i % 10 == 0 and "failed run1 1 " .. at .. " 99999 f" or "sent run1 1 " .. at .. " 0 f"
  redis.call("HSET", "{mina:openid:" .. name .. "}:sends", "b1", outcome .. i .. " 2400000004000000041 0 1988150400000")
end`;

beforeEach(async () => {
  const { client } = world.redis;
  for (let from = 0; from < PEOPLE; from += 10_000)
    await client.eval(FILL, 0, from, from + 10_000, Date.now());
  const message = JSON.stringify({ templateId: "t", keywords: [] });
  await client.hset("mina:broadcast:b1", {
    id: "b1",
    firstRunId: "run1",
    appid: "wx",
    audience: "pools",
    status: "finished",
    startedAtMs: Date.now(),
    message,
  });
});

// Before the watch over secrets, which reads every ledger.
afterEach(() => world.redis.client.flushall());

it("lists 300,000 people through a pipe in bounded memory", async () => {
  const { args, peakMb } = measurePeak(cli);
  for (const [flags, reader, expected] of [
    ["--json", "wc -l", `${PEOPLE}`],
    // A reader that is slower than Redis.
    ["--outcome failed,sent --format openid", "(sleep 2; sort -u | wc -l)", `${PEOPLE}`],
  ] as const) {
    const node = `"$0" ${args.map((arg) => `'${arg}'`).join(" ")} "$1"`;
    const line = `set -o pipefail; ${node} broadcast recipients b1 --quiet ${flags} | ${reader}`;
    const { code, stdout, stderr } = await cli.spawn("bash", ["-c", line, process.execPath, cli.program])
      .done;
    expect([flags, code, stdout.trim(), stderr]).toEqual([flags, 0, expected, ""]);
    expect(peakMb(), flags).toBeGreaterThan(20);
    expect(peakMb(), flags).toBeLessThan(LIMIT_MB);
  }
});

it("ends quietly, and soon, when the reader has seen enough", async () => {
  const began = performance.now();
  const line = `set -o pipefail; "$0" "$1" broadcast recipients b1 --json | head -1`;
  const { stdout, stderr } = await cli.spawn("bash", ["-c", line, process.execPath, cli.program]).done;
  expect(performance.now() - began).toBeLessThan(5000);
  expect(stderr).toBe("");
  expect(Object.keys(JSON.parse(stdout))).toHaveLength(8);
});
