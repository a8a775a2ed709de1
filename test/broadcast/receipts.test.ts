import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import { atTerminal } from "../commands/broadcast/at-terminal.ts";
import { giveConsents, leaveClaim, resume, send, show, TEMPLATE, tell, usersBy } from "./receipts.ts";
import { broadcast, outcomes, setFaults, until, useFolder, useWorld } from "./world.ts";

const world = useWorld();
const folder = useFolder();
const document = (result: { json<T>(): T }) => result.json<BroadcastResult>();
const USERS = 40;

describe("of a broadcast with lost answers", () => {
  let unknown: string[];

  beforeEach(async () => {
    await giveConsents(world, USERS);
    setFaults(world, "reset-after:25");
    // A share of such faults may well be none.

    const { outcomes } = document(await send(world, ["--concurrency", "4", "--report", join(folder, "r")]));
    setFaults(world);
    unknown = await usersBy(world, "unknown");
    expect(unknown.length).toBeGreaterThan(3);
    expect(outcomes).toMatchObject({ sent: USERS - unknown.length, unknown: unknown.length });
    expect(world.sandbox.stats().delivered).toBe(USERS);
  });

  test("resume takes over what receipts say, and sends to nobody whom they know", async () => {
    await tell(world, unknown[0] ?? "", "failed");
    for (const openId of unknown.slice(1)) await tell(world, openId);
    const result = await resume(world, ["--retry-unknown", "--report", join(folder, "r")]);
    expect(result.code, result.stderr).toBe(0);
    const whole = { sent: USERS - 1, rejected: 1, unknown: 0 };
    expect(document(result)).toMatchObject({
      recipients: USERS,
      outcomes: whole,
      open: 0,
      codes: { spent: USERS },
    });
    expect(document(result).errors).toContainEqual(expect.objectContaining({ errcode: 43101, count: 1 }));
    expect(await show(world)).toMatchObject({ recipients: USERS, outcomes: whole });
    expect(await show(world, ["--exact"])).toMatchObject({ recipients: USERS, outcomes: whole });
    expect(await usersBy(world, "rejected")).toEqual(unknown.slice(0, 1));
    expect(world.sandbox.stats()).toMatchObject({ delivered: USERS, maxPerUser: 1 });
    // A user's last line counts.
    const lines = readFileSync(join(folder, "r"), "utf8").trimEnd().split("\n");
    const last = new Map(lines.map((line) => JSON.parse(line)).map((line) => [line.openId, line]));
    expect(unknown.map((openId) => last.get(openId).outcome)).toEqual(
      unknown.map((_, i) => (i === 0 ? "rejected" : "sent")),
    );
  });

  test("those without a receipt are sent to again, they alone", async () => {
    const [first = "", ...others] = unknown;
    for (const openId of others) await tell(world, openId);
    world.sandbox.registerConsents([{ openId: first, templateId: TEMPLATE }]);
    const dry = await resume(world, ["--retry-unknown", "--dry-run"]);
    expect(dry.json()).toMatchObject({
      wouldSend: 1,
      receipts: { sent: others.length, rejected: 0, unknown: 1 },
      outcomes: { sent: USERS - 1, unknown: 1 },
    });
    expect(await usersBy(world, "unknown"), "a dry run changes nothing").toEqual(unknown);
    const result = document(await resume(world, ["--retry-unknown"]));
    expect(result).toMatchObject({ recipients: USERS, outcomes: { sent: USERS, unknown: 0 } });
    expect(result.run).toMatchObject({ sent: 1 });
    const { delivered, deliveriesByUser } = world.sandbox.stats();
    expect([delivered, deliveriesByUser[first]]).toEqual([USERS + 1, 2]);
  });

  test("are taken over for a finished broadcast, and nobody is sent to", async () => {
    expect((await resume(world)).code, "it is finished").toBe(3);
    for (const openId of unknown.slice(1)) await tell(world, openId);
    const result = await resume(world, ["--wait-receipts", "0s"]);
    expect(result.code, result.stderr).toBe(8);
    expect(document(result)).toMatchObject({ recipients: USERS, outcomes: { sent: USERS - 1, unknown: 1 } });
    await tell(world, unknown[0] ?? "");
    expect((await resume(world, ["--wait-receipts", "0s"])).code).toBe(0);
    expect(await show(world)).toMatchObject({ recipients: USERS, outcomes: { sent: USERS, unknown: 0 } });
    expect(world.sandbox.stats().delivered).toBe(USERS);
    expect((await resume(world, ["--wait-receipts", "0s"])).code, "none is left").toBe(3);
  });

  test("the question tells of them, and of what sending again may do", async () => {
    const [first = "", second = "", ...others] = unknown;
    await tell(world, second, "failed");
    for (const openId of others) await tell(world, openId);
    const line = ["resume", "b-1", "--channel", "wechat-subscribe", "--retry-unknown"];
    const { code, stderr } = await atTerminal(world, line, "n\n");
    expect(code).toBe(11);
    expect(stderr).toMatch(
      new RegExp(`^done +sent ${USERS - 2}, rejected 1, unknown 1 \\(from the ledgers and receipts\\)$`, "m"),
    );
    expect(stderr).toMatch(new RegExp(`^receipts +${others.length} sent, 1 rejected, 1 still unknown$`, "m"));
    expect(stderr).toMatch(
      /^warning +--retry-unknown: 1 user may already have the message and get it twice/m,
    );
    expect(stderr).toContain("Resume b-1 for up to 1 user?");
    expect(await usersBy(world, "unknown"), "nothing is changed by a no").toEqual(unknown);
    await tell(world, first);
    expect((await atTerminal(world, line, "n\n")).stderr).not.toMatch(/^warning/m);
  });

  test("the totals are right when the resume is stopped", async () => {
    const [first = "", ...others] = unknown;
    for (const openId of others) await tell(world, openId);
    world.sandbox.registerConsents([{ openId: first, templateId: TEMPLATE }]);
    setFaults(world, "day-quota:100");
    const result = await resume(world, ["--retry-unknown"]);
    expect(result.code).toBe(9);
    expect(await usersBy(world, "sent")).toHaveLength(USERS - 1);
    expect(document(result)).toMatchObject({ status: "stopped", outcomes: { sent: USERS - 1, rejected: 0 } });
    const { outcomes, open, recipients } = document(result);
    expect([outcomes.unknown + open, recipients + open]).toEqual([1, USERS]);
    expect((await show(world)).outcomes).toMatchObject({ sent: USERS - 1, unknown: outcomes.unknown });
  });
});

describe("of a killed run", () => {
  beforeEach(async () => {
    await giveConsents(world, 8);
    expect((await send(world, ["--limit", "3"])).code).toBe(0);
    for (const openId of ["k0", "k1"]) await leaveClaim(world, openId);
  });

  test("are taken at the end of the resume that takes its claims over", async () => {
    await tell(world, "k0");
    await tell(world, "k1", "failed");
    const result = await resume(world, ["--limit", "none"]);
    expect(result.code, result.stderr).toBe(0);
    expect(document(result)).toMatchObject({
      recipients: 10,
      outcomes: { sent: 9, rejected: 1, unknown: 0 },
    });
    expect(document(result).run).toMatchObject({ sent: 6 });
    expect(world.sandbox.stats()).toMatchObject({ delivered: 8, maxPerUser: 1 });
  });

  test("are waited for", async () => {
    const resuming = resume(world, ["--limit", "none", "--wait-receipts", "1m"]);
    await until(async () => (await usersBy(world, "unknown")).length === 2);
    expect((await show(world)).status).toBe("running");
    await tell(world, "k1");
    await until(async () => (await usersBy(world, "unknown")).length === 1);
    await tell(world, "k0");
    const result = await resuming;
    expect(result.code, result.stderr).toBe(0);
    expect(document(result)).toMatchObject({ status: "finished", outcomes: { sent: 10, unknown: 0 } });
    expect(await show(world)).toMatchObject({ status: "finished", outcomes: { sent: 10, unknown: 0 } });
  });

  test("are waited for no longer than wanted", async () => {
    await tell(world, "k0");
    const result = await resume(world, ["--limit", "none", "--wait-receipts", "300ms"]);
    expect(result.code).toBe(8);
    expect(document(result)).toMatchObject({
      status: "finished",
      outcomes: outcomes({ sent: 9, unknown: 1, skipped: 3 }),
    });
  });

  test("are not waited for after Ctrl-C", async () => {
    let signal = (_: "SIGINT") => {};
    const onStart = (deliver: typeof signal) => {
      signal = deliver;
    };
    const resuming = resume(world, ["--limit", "none", "--wait-receipts", "1h"], { onStart });
    await until(async () => (await usersBy(world, "unknown")).length === 2);
    await until(async () => (await usersBy(world, "sent")).length === 8);
    signal("SIGINT");
    const result = await resuming;
    expect(result.code).toBe(130);
    expect(document(result)).toMatchObject({ status: "interrupted", outcomes: { sent: 8, unknown: 2 } });
  });
});

test("a first run takes what there is, and waits for the rest", async () => {
  await giveConsents(world, USERS);
  setFaults(world, "reset-after:25");
  const sending = send(world, ["--concurrency", "4", "--wait-receipts", "1m"]);
  await until(async () => (await usersBy(world, "claimed")).length > 0);
  await until(async () => {
    const [sent, unknown] = await Promise.all([usersBy(world, "sent"), usersBy(world, "unknown")]);
    return sent.length + unknown.length === USERS;
  });
  for (const openId of await usersBy(world, "unknown")) await tell(world, openId);
  const result = await sending;
  expect(result.code, result.stderr).toBe(0);
  expect(document(result)).toMatchObject({ recipients: USERS, outcomes: outcomes({ sent: USERS }) });
  expect(document(result).run).toMatchObject({ sent: USERS });
  expect(world.sandbox.stats()).toMatchObject({ delivered: USERS, maxPerUser: 1 });
});

test("they are taken over without a pool, too", async () => {
  const openIds = Array.from({ length: USERS }, (_, i) => `u${i}`);
  world.sandbox.registerConsents(openIds.map((openId) => ({ openId, templateId: TEMPLATE })));
  setFaults(world, "reset-after:25");
  expect((await send(world, ["--concurrency", "4", "--no-pool", "--to", ...openIds])).code).toBe(8);
  const unknown = await usersBy(world, "unknown");
  for (const openId of unknown) await tell(world, openId);
  const result = await resume(world, ["--retry-unknown"]);
  expect(result.code, result.stderr).toBe(0);
  expect(document(result)).toMatchObject({ recipients: USERS, outcomes: { sent: USERS, unknown: 0 } });
  expect(world.sandbox.stats()).toMatchObject({ delivered: USERS, maxPerUser: 1 });
});

test("--wait-receipts is refused where messages spend codes", async () => {
  const first = await broadcast(world, ["--wait-receipts", "5s"]);
  expect(first.code).toBe(2);
  expect(first.stderr).toContain("--wait-receipts 5s: wechat-template messages have no receipts");
});
