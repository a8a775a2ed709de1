import { beforeEach, describe, expect, test } from "vitest";
import type { CanaryDocument } from "../../../src/broadcast/canary.ts";
import type { BroadcastResult } from "../../../src/broadcast/record.ts";
import { inCanary } from "../../broadcast/in-canary.ts";
import * as consents from "../../broadcast/receipts.ts";
import { broadcast, dumpAll, giveUsers, setFaults, TEMPLATE, useWorld } from "../../broadcast/world.ts";
import { answering, atTerminal, errorOf, inPipe, pressCtrlC } from "./at-terminal.ts";

const world = useWorld();
const USERS = 200;
const ID = ["--id", "b-1"];
let openIds: string[];
const deliveredTo = () => Object.keys(world.sandbox.stats().deliveriesByUser).sort();
const chosenOf = (share: number) => openIds.filter((openId) => inCanary("b-1", share, openId)).sort();

beforeEach(async () => {
  openIds = await giveUsers(world, USERS);
});

describe("the options", () => {
  test.each([
    [["--canary", "0%"], '--canary: "0%" is out of range'],
    [["--canary", "100%"], '--canary: "100%" is out of range'],
    [["--canary", "150%"], '--canary: "150%" is out of range'],
    [["--canary", "0"], '--canary: "0" is out of range'],
    [["--canary", "1.5"], '--canary: "1.5" is neither a share nor a count'],
    [["--canary", "all"], '--canary: "all" is neither a share nor a count'],
    [["--canary-wait", "5m"], "--canary-wait requires --canary"],
    [["--canary-ask"], "--canary-ask requires --canary"],
    [["--canary-max-failed", "5%"], "--canary-max-failed requires --canary"],
    [["--canary-max-rejected", "5%"], "--canary-max-rejected requires --canary"],
    [["--canary", "1%", "--canary-wait", "soon"], '--canary-wait: "soon" is not a duration'],
    [["--canary", "1%", "--canary-wait", "4d"], '--canary-wait: "4d" is out of range'],
    [["--canary", "1%", "--canary-max-failed", "5"], '--canary-max-failed: "5" is not a share'],
    [["--canary", "1%", "--canary-max-rejected", "101%"], '--canary-max-rejected: "101%" is not a share'],
    [["--canary", "50", "--limit", "50"], "--canary 50 leaves nobody of --limit 50"],
    [["--canary", "200"], "--canary 200: only 200 users can be sent to, so nobody would follow it"],
  ])("%j is a usage error", async (args, message) => {
    const result = await broadcast(world, [...ID, ...args]);
    expect(result.code).toBe(2);
    expect(errorOf(result)).toMatchObject({ message, hint: expect.any(String) });
    expect(world.sandbox.stats().requests).toBe(0);
    expect(await world.redis.keys("mina:broadcast:*")).toEqual([]);
  });

  test("a count of nobody who can be sent to is what it is without a canary", async () => {
    const result = await broadcast(world, ["--to", "stranger", "--canary", "5"]);
    expect(result.code).toBe(3);
    expect(errorOf(result).message).toBe("the user has no valid code");
  });
});

describe("a count", () => {
  test("is sent to exactly, by a share that the record keeps", async () => {
    const result = await broadcast(world, [...ID, "--canary", "50", "--canary-wait", "0s", "--canary-ask"]);
    const { canary } = result.json<BroadcastResult>();
    expect(canary).toMatchObject({ sent: 50, seed: "b-1" });
    expect(deliveredTo()).toEqual(chosenOf(canary!.share));
    expect(deliveredTo()).toHaveLength(50);
  });
});

describe("a dry run", () => {
  const dryRun = async (...args: string[]) =>
    (await broadcast(world, [...ID, ...args, "--dry-run"])).json<
      BroadcastResult & { canary: CanaryDocument }
    >();

  test("counts the canary and the others as the broadcast sends to them, and changes nothing", async () => {
    await world.redis.push("poor", "not ours");
    const before = await dumpAll(world);
    const users = chosenOf(0.3).length;
    expect(await dryRun("--canary", "30%")).toMatchObject({
      outcomes: { sent: USERS, no_code: 1 },
      canary: { share: 0.3, seed: "b-1", users, others: USERS - users },
    });
    expect((await dryRun("--canary", "30%", "--limit", "10")).canary).toMatchObject({ users: 10, others: 0 });
    expect((await dryRun("--canary", "30%", "--limit", `${users + 7}`)).canary).toMatchObject({
      users,
      others: 7,
    });
    expect((await dryRun("--canary", "50")).canary).toMatchObject({ users: 50, others: USERS - 50 });
    expect((await dryRun("--canary", "50", "--match", "u1*")).canary).toMatchObject({ users: 50 });
    expect(await dumpAll(world)).toEqual(before);
    const sent = await broadcast(world, [...ID, "--canary", "30%", "--canary-wait", "0s", "--canary-ask"]);
    expect(sent.json<BroadcastResult>().canary?.sent).toBe(users);
  });

  test("is shown on a terminal's screen, as by the question", async () => {
    const argv = [TEMPLATE, "--no-keywords", ...ID, "--canary", "30%", "--canary-max-failed", "2.5%"];
    const users = chosenOf(0.3).length;
    const text = [
      `^canary +30%: ${users} users first, ${USERS - users} after it$`,
      "^then +waits 10m 00s, continues if at most 2.5% failed and 20% were rejected$",
    ];
    const { stdout } = await atTerminal(world, [...argv, "--dry-run"]);
    const { stderr, code } = await atTerminal(world, argv, "n\n");
    expect(code).toBe(11);
    for (const line of text) {
      expect(stdout).toMatch(new RegExp(line, "m"));
      expect(stderr).toMatch(new RegExp(line, "m"));
    }
    const few = await atTerminal(world, [...argv, "--canary", "0.0001%", "--dry-run"]);
    expect(few.stdout).toMatch(/^warning +nobody who can be sent to is in the canary/m);
  });
});

describe("--canary-ask on a terminal", () => {
  const ASK = [TEMPLATE, "--no-keywords", ...ID, "--canary", "30%", "--canary-wait", "0s", "--canary-ask"];
  const START = [/Send to 200 users\? \[y\/N\] $/, "y\n"] as [RegExp, string];
  const CONTINUE = /Continue with everybody else\? \[y\/N\] $/;

  test("a yes sends to everybody else", async () => {
    const { code, stdout, stderr } = await answering(world, ASK, [START, [CONTINUE, "y\n"]]);
    const count = chosenOf(0.3).length;
    expect(stderr).toMatch(new RegExp(`canary +30%, ${count} sent$`, "m"));
    expect({ code, delivered: deliveredTo().length }).toEqual({ code: 0, delivered: USERS });
    expect(stdout).toMatch(new RegExp(`^canary 30%, passed, accepted by tester@host, ${count} sent$`, "m"));
  });

  test("a no ends it, and says how it can go on", async () => {
    setFaults(world, "errcode-43101:60");
    const { code, stderr } = await answering(world, ASK, [START, [CONTINUE, "n\n"]]);
    expect(code).toBe(9);
    expect(stderr).toMatch(/^warning +canary: \d+ of \d+ rejected \(.+limit 20%\)$/m);
    expect(stderr).toContain("error: canary: not accepted by tester@host");
    // It is wrapped.
    expect(stderr.replace(/\s+/g, " ")).toContain("push-cli broadcast resume b-1 --accept-canary");
    for (const openId of deliveredTo()) expect(chosenOf(0.3)).toContain(openId);
  });

  test("Ctrl-C interrupts, and a resume asks again", async () => {
    const { code } = await pressCtrlC(world, [...ASK, "--yes"], CONTINUE);
    expect(code).toBe(130);
    expect(deliveredTo()).toEqual(chosenOf(0.3));
    const shown = await inPipe(world, ["show", "b-1", "--json"]);
    expect(shown.json()).toMatchObject({ status: "interrupted", canary: { stage: "waiting" } });
    const resumed = await answering(world, ["resume", "b-1", "--yes"], [[CONTINUE, "y\n"]]);
    expect({ code: resumed.code, delivered: deliveredTo().length }).toEqual({ code: 0, delivered: USERS });
  });

  test("a resume's question, show and watch say how the canary stands", async () => {
    await broadcast(world, [...ID, "--canary", "30%", "--canary-wait", "0s", "--canary-ask"]);
    const count = chosenOf(0.3).length;
    const line = new RegExp(
      `^canary +30%, waiting for a decision, due \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d, ${count} sent$`,
      "m",
    );
    const asked = await atTerminal(world, ["resume", "b-1"], "n\n");
    expect(asked.stderr).toMatch(line);
    expect((await atTerminal(world, ["show", "b-1"])).stdout).toMatch(line);
    expect((await inPipe(world, ["watch", "b-1", "--json"])).json()).toMatchObject({
      canary: { stage: "waiting", asks: true },
    });
    expect((await inPipe(world, ["resume", "b-1", "--dry-run", "--json"])).json()).toMatchObject({
      canary: { stage: "waiting" },
      toSend: { fresh: USERS - count },
    });
  });
});

describe("receipts", () => {
  test("that a message was not delivered count as rejected, and settle what is unknown", async () => {
    const users = await consents.giveConsents(world, 60, "c");
    const canary = ["--canary", "50%", "--canary-wait", "0s"];
    const paused = await consents.send(world, [...canary, "--canary-ask"]);
    expect(paused.json()).toMatchObject({ status: "paused" });
    const chosen = users.filter((openId) => inCanary("b-1", 0.5, openId));
    const lines = (
      await inPipe(world, ["recipients", "b-1", "--json", "--channel", "wechat-subscribe"])
    ).lines<{
      openId: string;
      msgid: string;
    }>();
    expect(lines.map(({ openId }) => openId).sort()).toEqual(chosen.sort());
    const bad = lines.slice(0, Math.ceil(lines.length / 2));
    for (const { openId, msgid } of bad) await consents.tell(world, openId, "failed", msgid);
    // As if it had not been asked for a decision.
    const record = "mina:broadcast:b-1";
    const kept = JSON.parse((await world.redis.client.hget(record, "canary")) ?? "");
    await world.redis.client.hset(record, "canary", JSON.stringify({ ...kept, asks: false }));
    const resumed = await consents.resume(world);
    expect(resumed.code).toBe(9);
    expect(resumed.json<BroadcastResult>().canary).toMatchObject({
      ...{ stage: "failed", sent: chosen.length, undelivered: bad.length },
      reason: expect.stringContaining(`${bad.length} of ${chosen.length} rejected`),
    });
    expect(world.sandbox.stats().delivered).toBe(chosen.length);
  });
});
