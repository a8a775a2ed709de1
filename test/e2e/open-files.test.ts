import { expect, it } from "vitest";
import { useBuiltCli } from "./built-cli.ts";
import { giveUsers, TEMPLATE, useWorld } from "./world.ts";

const cli = useBuiltCli();
const world = useWorld(cli, { latencyMs: 20 });

it("a process that may open few files uses fewer connections, says so, and sends all the same", async () => {
  await giveUsers(world, 500);
  const line = `ulimit -n 64; exec "$0" "$@"`;
  const args = ["broadcast", TEMPLATE, "--yes", "--no-keywords", "--concurrency", "256", "--json"];
  const { code, stdout, stderr } = await cli.spawn("sh", ["-c", line, process.execPath, cli.program, ...args])
    .done;
  expect([code, stderr]).toEqual([
    0,
    expect.stringMatching(/warning: using \d+ connections instead of 256 because .*ulimit -n/),
  ]);
  expect(JSON.parse(stdout)).toMatchObject({ outcomes: { sent: 500, unknown: 0 }, errors: [] });
  expect(world.sandbox.stats()).toMatchObject({ delivered: 500, maxPerUser: 1 });
});
