import { afterEach, beforeEach, expect, it } from "vitest";
import { useBuiltCli } from "../e2e/built-cli.ts";
import { fillLedgers } from "../e2e/ledgers.ts";
import { useWorld } from "../e2e/world.ts";
import { measurePeak } from "./peak.ts";

const cli = useBuiltCli();
const world = useWorld(cli);
const PEOPLE = 300_000;
/** It takes 115 to 130, as it does with a million; their lines in memory would be 150 more. */
const LIMIT_MB = 170;

beforeEach(() => fillLedgers(world, PEOPLE));

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
