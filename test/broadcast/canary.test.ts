import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import { type CliOptions, type CliResult, cliEnv, runCli } from "../helpers/cli.ts";
import { inCanary } from "./in-canary.ts";
import {
  broadcast,
  checkBooks,
  giveUsers,
  interrupt,
  ledgers,
  outcomes,
  setFaults,
  until,
  useFolder,
  useWorld,
} from "./world.ts";

const world = useWorld();
const folder = useFolder();
const USERS = 300;
const ID = ["--id", "b-1"];
let openIds: string[];
/** Those in a canary of 20%, in order. */
let chosen: string[];

beforeEach(async () => {
  openIds = await giveUsers(world, USERS);
  chosen = openIds.filter((openId) => inCanary("b-1", 0.2, openId)).sort();
});

const deliveredTo = () => Object.keys(world.sandbox.stats().deliveriesByUser).sort();
const document = (result: CliResult) => result.json<BroadcastResult>();
const redisEnv = () => cliEnv(world.redis.url, world.sandbox.url);
const run = (argv: string[], options: CliOptions = {}) =>
  runCli(["broadcast", ...argv, "--json"], { env: redisEnv(), ...options });
const resume = (...args: string[]) => run(["resume", "b-1", "--yes", ...args]);
const show = async (...args: string[]) => document(await run(["show", "b-1", ...args]));
const errorOf = ({ stderr }: CliResult) => JSON.parse(stderr.trimEnd().split("\n").at(-1) ?? "").error;

/** Waits in the canary's wait, when all of it was sent. */
const isWaiting = async () =>
  (await world.redis.client.hexists("mina:broadcast:b-1", "canarySentAtMs")) === 1;

describe("a canary that is all right", () => {
  test("goes first, and everybody else follows by themselves", async () => {
    const result = await broadcast(world, [...ID, "--canary", "20%", "--canary-wait", "0s"]);
    expect(result.code, result.stderr).toBe(0);
    const { canary, ...rest } = await checkBooks(world, result, USERS);
    expect(rest).toMatchObject({
      status: "finished",
      recipients: USERS,
      outcomes: outcomes({ sent: USERS }),
    });
    expect(canary).toMatchObject({
      ...{ share: 0.2, seed: "b-1", stage: "passed", asks: false, maxFailed: 0.05, maxRejected: 0.2 },
      ...{ sent: chosen.length, rejected: 0, failed: 0, unknown: 0, undelivered: 0 },
    });
    expect((await show()).canary).toEqual(canary);
    expect((await show("--exact")).outcomes).toEqual(outcomes({ sent: USERS }));
  });

  test("nobody else has the message while it waits, and the wait is no work", async () => {
    const { running, signal } = await startWaiting(["--canary", "20%", "--canary-wait", "1h"]);
    // Its counts are as of its last beat.
    await until(async () => (await show()).canary?.sent === chosen.length);
    expect(await show()).toMatchObject({ status: "running", canary: { stage: "waiting" } });
    expect((await run(["list"])).json()).toMatchObject({ canary: { stage: "waiting" }, alive: true });
    signal("SIGINT");
    const stopped = await running;
    expect(stopped.code, stopped.stderr).toBe(130);
    const first = await checkBooks(world, stopped, USERS);
    expect(deliveredTo()).toEqual(chosen);
    expect(first).toMatchObject({
      ...{ status: "interrupted", finishedAt: null, toGo: USERS - chosen.length, recipients: chosen.length },
      canary: { stage: "waiting", sent: chosen.length, undelivered: null },
    });
    const { sentAt, waitUntil } = first.canary!;
    expect(Date.parse(waitUntil!) - Date.parse(sentAt!)).toBe(3_600_000);
    expect(await world.redis.client.hget("mina:broadcast:b-1", "recipients")).toBeNull();
    const resumed = await resume("--accept-canary");
    expect(resumed.code, resumed.stderr).toBe(0);
    const { canary } = await checkBooks(world, resumed, USERS);
    expect(canary).toMatchObject({ stage: "passed", by: "tester@test-host", sentAt });
    expect(deliveredTo()).toHaveLength(USERS);
  });

  test.each(["pause", "cancel"])("the wait is ended by %s", async (verb) => {
    const { running } = await startWaiting(["--canary", "20%", "--canary-wait", "1h"]);
    expect((await run([verb, "b-1"])).code).toBe(0);
    const ended = await running;
    expect(ended.code).toBe(9);
    const { status } = await checkBooks(world, ended, USERS);
    expect(status).toBe(verb === "pause" ? "paused" : "cancelled");
    expect(deliveredTo()).toEqual(chosen);
    const resumed = await resume("--accept-canary");
    expect(resumed.code, resumed.stderr).toBe(verb === "pause" ? 0 : 3);
    expect(deliveredTo()).toHaveLength(verb === "pause" ? USERS : chosen.length);
  });

  test("an operator lets it pass while it waits, and it goes on by itself", async () => {
    const { running } = await startWaiting(["--canary", "20%", "--canary-wait", "1h"]);
    const joined = await resume("--join", "--accept-canary");
    expect(joined.code, joined.stderr).toBe(0);
    const result = await running;
    expect(result.code, result.stderr).toBe(0);
    await checkBooks(world, result, USERS);
    expect(deliveredTo()).toHaveLength(USERS);
  });

  test("a limit that it reaches ends the broadcast, and a wider one goes on with the canary", async () => {
    const limited = await broadcast(world, [
      ...ID,
      "--canary",
      "20%",
      "--canary-wait",
      "0s",
      "--limit",
      "10",
    ]);
    expect(limited.code, limited.stderr).toBe(0);
    expect(document(limited)).toMatchObject({ status: "finished", canary: { stage: "sending" } });
    expect(deliveredTo()).toHaveLength(10);
    for (const openId of deliveredTo()) expect(chosen).toContain(openId);
    const rest = await resume("--limit", "none");
    expect(rest.code, rest.stderr).toBe(0);
    expect(await checkBooks(world, rest, USERS)).toMatchObject({
      canary: { stage: "passed", sent: chosen.length },
      outcomes: { sent: USERS },
    });
  });

  test("of a list with filters, everybody is counted once", async () => {
    await world.redis.push("poor", "not ours");
    const list = [
      "--to",
      ...openIds,
      "poor",
      "--match",
      "[up]*[^9]",
      "--canary",
      "20%",
      "--canary-wait",
      "0s",
    ];
    const result = await broadcast(world, [...ID, ...list, "--report", join(folder, "lines")]);
    expect(result.code, result.stderr).toBe(0);
    const nines = openIds.filter((openId) => openId.endsWith("9")).length;
    expect(document(result)).toMatchObject({
      outcomes: outcomes({ sent: USERS - nines, no_code: 1 }),
      filtered: { match: nines },
    });
    const lines = readFileSync(join(folder, "lines"), "utf8").trimEnd().split("\n");
    expect(new Set(lines.map((line) => JSON.parse(line).openId)).size).toBe(lines.length);
    expect(lines).toHaveLength(USERS - nines + 1);
  });
});

describe("a canary that is not", () => {
  test("stops the broadcast with figures, and only --accept-canary goes on", async () => {
    setFaults(world, "errcode-43101:60");
    const result = await broadcast(world, [...ID, "--canary", "20%", "--canary-wait", "0s"]);
    setFaults(world);
    expect(result.code).toBe(9);
    const { canary, reason, next } = (await checkBooks(world, result, USERS)) as BroadcastResult & {
      next: string[];
    };
    const { rejected = 0 } = canary ?? {};
    expect(rejected! + canary!.sent!).toBe(chosen.length);
    const share = Math.round((rejected! / chosen.length) * 1000) / 10;
    const why = `canary: ${rejected} of ${chosen.length} rejected (${share}%, limit 20%)`;
    expect({ reason, stage: canary?.stage, why: canary?.reason }).toEqual({
      reason: why,
      stage: "failed",
      why,
    });
    expect(errorOf(result)).toMatchObject({ code: "stopped", message: why });
    expect(next).toEqual(["push-cli broadcast resume b-1 --accept-canary"]);
    for (const openId of deliveredTo()) expect(chosen).toContain(openId);

    const refused = await resume();
    expect(refused.code).toBe(11);
    expect(errorOf(refused)).toMatchObject({
      message: `the canary of broadcast 'b-1' failed: ${why.replace("canary: ", "")}`,
    });
    expect((await resume("--join")).code).toBe(11);
    expect((await run(["resume", "--last", "--yes"])).code, "is not the last to go on with").toBe(3);
    expect(world.sandbox.stats().delivered).toBe(canary!.sent);

    const accepted = await resume("--accept-canary");
    expect(accepted.code, accepted.stderr).toBe(0);
    expect(await checkBooks(world, accepted, USERS)).toMatchObject({
      outcomes: outcomes({ sent: USERS - rejected!, rejected: rejected!, skipped: chosen.length }),
      canary: { stage: "passed", by: "tester@test-host", rejected },
    });
  });

  test("failed ones have a limit of their own", async () => {
    setFaults(world, "unlisted:15");
    const result = await broadcast(world, [...ID, "--canary", "40%", "--canary-wait", "0s"]);
    expect(result.code).toBe(9);
    expect(document(result).reason).toMatch(/^canary: \d+ of \d+ failed \([\d.]+%, limit 5%\)$/);
    setFaults(world, "unlisted:15");
    await giveUsers(world, USERS, { prefix: "v" });
    const lenient = ["--canary", "40%", "--canary-wait", "0s", "--canary-max-failed", "60%"];
    const other = await broadcast(world, ["--id", "b-2", "--match", "v*", ...lenient]);
    expect(document(other)).toMatchObject({
      status: "finished",
      canary: { stage: "passed", maxFailed: 0.6 },
    });
  });

  test("in which nobody could be sent to does not pass, and is not waited for", async () => {
    const result = await broadcast(world, [...ID, "--canary", "0.0001%", "--canary-wait", "1h"]);
    expect(result.code).toBe(9);
    expect(document(result)).toMatchObject({
      ...{ status: "stopped", reason: "canary: nobody in it could be sent to", recipients: 0 },
      canary: { stage: "failed", sent: 0 },
    });
    expect(world.sandbox.stats().delivered).toBe(0);
    expect((await resume("--accept-canary")).code).toBe(0);
    expect(world.sandbox.stats()).toMatchObject({ delivered: USERS, maxPerUser: 1 });
  });

  test("stays dead where its run was killed before it could say so", async () => {
    setFaults(world, "errcode-43101:60");
    await broadcast(world, [...ID, "--canary", "20%", "--canary-wait", "0s"]);
    // As a kill between the verdict and the end leaves it.
    await world.redis.client.hset("mina:broadcast:b-1", "status", "running");
    const field = await runField();
    await world.redis.client.hset("mina:broadcast:b-1", field, await asKilled(field));
    await world.redis.client.hdel("mina:broadcast:b-1", "resumeWith", "exit", "reason", "result");
    expect(await show()).toMatchObject({
      status: "dead",
      canary: { stage: "failed" },
      next: ["push-cli broadcast resume b-1 --accept-canary"],
    });
    expect((await resume()).code).toBe(11);
  });
});

describe("--canary-ask without a terminal", () => {
  const ASK = [...ID, "--canary", "20%", "--canary-wait", "0s", "--canary-ask"];

  test("pauses, and --accept-canary goes on", async () => {
    const result = await broadcast(world, ASK);
    expect(result.code).toBe(9);
    expect(document(result)).toMatchObject({
      ...{ status: "paused", reason: "canary waits for a decision" },
      canary: { stage: "waiting", asks: true, sent: chosen.length },
      next: ["push-cli broadcast resume b-1 --accept-canary"],
    });
    expect(deliveredTo()).toEqual(chosen);
    const again = await resume();
    expect(document(again)).toMatchObject({ status: "paused", reason: "canary waits for a decision" });
    expect(deliveredTo()).toEqual(chosen);
    const accepted = await resume("--accept-canary");
    expect(accepted.code, accepted.stderr).toBe(0);
    await checkBooks(world, accepted, USERS);
    expect(deliveredTo()).toHaveLength(USERS);
  });
});

describe("two runs", () => {
  test("that are joined during the canary both follow its verdict", async () => {
    const { running } = await startWaiting(["--canary", "20%", "--canary-wait", "1h"]);
    const joined = resume("--join");
    await until(async () => (await show()).status === "running" && (await runsAt("verdict")) === 2);
    expect(deliveredTo()).toEqual(chosen);
    const third = await resume("--join", "--accept-canary");
    const ends = [await running, await joined, third];
    for (const { code, stderr } of ends) expect(code, stderr).toBe(0);
    expect(world.sandbox.stats()).toMatchObject({ delivered: USERS, maxPerUser: 1 });
    const shown = await show();
    expect(shown).toMatchObject({ status: "finished", outcomes: { sent: USERS } });
    expect([...(await ledgers(world)).values()].every((state) => state === "sent")).toBe(true);
  });

  async function runsAt(what: string): Promise<number> {
    const [line] = (
      await runCli(["broadcast", "watch", "b-1", "--json", "--timeout", "0s"], { env: redisEnv() })
    ).stdout.split("\n");
    const { runs } = JSON.parse(line ?? "{}") as { runs: { waiting: string | null }[] };
    return runs.filter(({ waiting }) => waiting?.includes(what)).length;
  }
});

describe("resume", () => {
  test("goes on with a canary that was stopped in the middle, and does not send to anybody else before", async () => {
    const stopped = await interrupt(
      world,
      [...ID, "--canary", "20%", "--canary-wait", "1h", "--rate", "50/s"],
      () => world.sandbox.stats().delivered >= 10,
    );
    const { canary, outcomes: counts } = await checkBooks(world, stopped, USERS);
    expect(canary).toMatchObject({ stage: "sending", sentAt: null, sent: counts.sent });
    expect(counts.sent).toBeLessThan(chosen.length);
    const early = await resume("--accept-canary");
    expect(early.code).toBe(3);
    expect(errorOf(early).message).toBe("the canary of broadcast 'b-1' has not been sent yet");
    const { running, signal } = await startWaitingWith(["resume", "b-1", "--yes", "--rate", "1000/s"]);
    expect(deliveredTo()).toEqual(chosen);
    signal("SIGTERM");
    expect((await running).code).toBe(143);
    expect((await resume("--accept-canary")).code).toBe(0);
    expect(world.sandbox.stats()).toMatchObject({ delivered: USERS, maxPerUser: 1 });
  });

  test("of a broadcast without a canary refuses --accept-canary", async () => {
    setFaults(world, "withdrawn:100");
    expect((await broadcast(world, ID)).code).toBe(9);
    const refused = await resume("--accept-canary");
    expect(refused.code).toBe(3);
    expect(errorOf(refused).message).toBe("broadcast 'b-1' has no canary");
  });
});

async function runField(): Promise<string> {
  const fields = await world.redis.client.hkeys("mina:broadcast:b-1");
  return fields.find((name) => name.startsWith("run:")) ?? "";
}

/** The last beat of a run whose process was killed. */
async function asKilled(field: string): Promise<string> {
  const state = JSON.parse((await world.redis.client.hget("mina:broadcast:b-1", field)) ?? "");
  return JSON.stringify({ ...state, ended: undefined, over: undefined });
}

async function startWaiting(args: string[]) {
  return startWaitingWith([...["template-1", "--no-keywords", "--yes"], ...[...ID, ...args]]);
}

/** Ends the commands that a failed test left waiting. */
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A command that has sent the whole canary, and waits. */
async function startWaitingWith(argv: string[]) {
  let signal = (_: "SIGINT" | "SIGTERM" | "SIGHUP") => {};
  const running = run(argv, {
    onStart: (deliver) => {
      signal = deliver;
    },
  });
  ends.push(() => signal("SIGINT"));
  await until(isWaiting);
  return { running, signal: (name: "SIGINT" | "SIGTERM" | "SIGHUP") => signal(name) };
}
