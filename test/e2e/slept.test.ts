import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { useBuiltCli } from "./built-cli.ts";
import { giveUsers, TEMPLATE, useWorld } from "./world.ts";

const cli = useBuiltCli();
const world = useWorld(cli, { latencyMs: 200 });

/** Answers come while the process sleeps, for longer than they are waited for. */
it("a process that slept takes the answers that lie in its sockets: nothing is unknown or sent twice", async () => {
  await giveUsers(world, 200);
  const args = ["--yes", "--no-keywords", "--concurrency", "16", "--timeout", "3s", "--json"];
  const sending = cli.start(["broadcast", TEMPLATE, ...args], { stdin: "" });
  const delivered = () => world.sandbox.stats().delivered;
  await expect.poll(delivered, { interval: 5 }).toBeGreaterThan(16);
  sending.child.kill("SIGSTOP");
  await sleep(4500);
  sending.child.kill("SIGCONT");
  const { code, stdout, stderr } = await sending.done;
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  expect(JSON.parse(stdout)).toMatchObject({ outcomes: { sent: 200, unknown: 0 } });
  const { delivered: count, maxPerUser, requests, tokenCalls } = world.sandbox.stats();
  expect([count, maxPerUser]).toEqual([200, 1]);
  expect(requests - tokenCalls.stable, "no request was repeated").toBe(200);
});
