import { expect, it } from "vitest";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import { inCanary } from "../broadcast/in-canary.ts";
import { NO_TERMINAL, useBuiltCli } from "./built-cli.ts";
import { giveUsers, TEMPLATE, useWorld } from "./world.ts";

const cli = useBuiltCli();
const world = useWorld(cli, { latencyMs: 20 });
const USERS = 400;
const SEND = ["broadcast", TEMPLATE, "--yes", "--no-keywords", "--id", "b-1", "--concurrency", "4"];
const RESUME = ["broadcast", "resume", "b-1", "--yes", "--concurrency", "4"];

const delivered = () => world.sandbox.stats().delivered;
const deliveredTo = () => Object.keys(world.sandbox.stats().deliveriesByUser).sort();
const canaryField = (name: string) => world.redis.client.hget("mina:broadcast:b-1", name);

/** Users with a code each; returns those of a canary of 30%. */
async function giveCanary(): Promise<string[]> {
  await giveUsers(world, USERS);
  const openIds = Object.keys(await world.redis.pools()).map((key) => key.replace("mina:openid:", ""));
  expect(openIds).toHaveLength(USERS);
  return openIds.filter((openId) => inCanary("b-1", 0.3, openId)).sort();
}

async function show(): Promise<BroadcastResult> {
  return JSON.parse((await cli.run(["broadcast", "show", "b-1", "--json"])).stdout);
}

/** Kills a command once `when` holds, and waits until it is gone. */
async function kill(argv: string[], when: () => boolean | Promise<boolean>): Promise<void> {
  const run = cli.start(argv, { stdin: "" });
  await expect.poll(when, { timeout: 30_000, interval: 5 }).toBe(true);
  run.child.kill("SIGKILL");
  expect((await run.done).code).toBeNull();
}

it("a broadcast killed in its canary, in the wait and after it goes on where it was, and sends to nobody twice", async () => {
  const chosen = await giveCanary();
  await kill([...SEND, "--canary", "30%", "--canary-wait", "8s"], () => delivered() > 20);
  expect(await show()).toMatchObject({ status: "dead", canary: { stage: "sending" } });
  for (const openId of deliveredTo()) expect(chosen).toContain(openId);

  await kill(RESUME, async () => (await canaryField("canarySentAtMs")) !== null);
  expect(deliveredTo()).toEqual(chosen);
  const waiting = await show();
  expect(waiting).toMatchObject({ status: "dead", finishedAt: null, canary: { stage: "waiting" } });

  await kill(RESUME, () => delivered() > chosen.length + 20);
  expect(await show()).toMatchObject({
    status: "dead",
    canary: { stage: "passed", sentAt: waiting.canary?.sentAt, sent: chosen.length },
  });

  const { code, stdout } = await cli.run([...RESUME, "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ status: "finished", recipients: USERS, outcomes: { sent: USERS }, codes: { spent: USERS } },
    canary: { stage: "passed", sent: chosen.length },
  });
  expect(world.sandbox.stats()).toMatchObject({ delivered: USERS, maxPerUser: 1 });
  expect(await world.redis.pools()).toEqual({});
});

it.skipIf(NO_TERMINAL)(
  "--canary-ask asks in a terminal, and a second command may answer instead",
  async () => {
    const chosen = await giveCanary();
    const run = cli.startInTerminal([...SEND, "--canary", "30%", "--canary-wait", "0s", "--canary-ask"]);
    await run.shows(/Continue with everybody else\? \[y\/N\] $/);
    expect(deliveredTo()).toEqual(chosen);
    const joined = await cli.run([...RESUME, "--join", "--accept-canary"]);
    expect(joined.code, joined.stderr).toBe(0);
    expect((await run.done).code).toBe(0);
    expect(world.sandbox.stats()).toMatchObject({ delivered: USERS, maxPerUser: 1 });
  },
);
