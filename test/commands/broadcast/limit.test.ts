import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { BroadcastResult } from "../../../src/broadcast/record.ts";
import {
  broadcast,
  checkBooks,
  dumpAll,
  giveUsers,
  interrupt,
  setFaults,
  useFolder,
  useWorld,
} from "../../broadcast/world.ts";
import { atTerminal, errorOf, inPipe } from "./at-terminal.ts";

const world = useWorld();
const dir = useFolder();
const USERS = 20;
const resume = (args: string[]) => inPipe(world, ["resume", "b-1", "--json", "--yes", ...args]);
const shown = async () => (await inPipe(world, ["show", "b-1", "--json"])).json<BroadcastResult>();
const lists = () => world.redis.keys("mina:broadcast:b-1:*");

type Document = BroadcastResult & { next: string[] };

describe.each([
  ["all pools", []],
  ["listed users", ["--to", ...Array.from({ length: USERS }, (_, i) => `u${i}`)]],
])("a trial with --limit 6 over %s", (name, audience) => {
  /** Two codes each, so that somebody could get a second message. */
  const begin = async () => {
    await giveUsers(world, USERS, { codes: 2 });
    if (audience.length > 0) await giveUsers(world, 5, { prefix: "others" });
    return broadcast(world, ["--id", "b-1", "--limit", "6", "--concurrency", "2", ...audience]);
  };
  const codesBefore = audience.length > 0 ? 45 : 40;

  test("is finished, and says how to reach the others", async () => {
    const trial = await begin();
    expect(trial.code, trial.stderr).toBe(0);
    const document = trial.json<Document>();
    expect(document).toMatchObject({ status: "finished", outcomes: { sent: 6 } });
    expect(document.next).toEqual(["push-cli broadcast resume b-1 --limit none"]);
    expect(await world.redis.client.hget("mina:broadcast:b-1", "cut")).toBe("true");
    expect(await lists()).toHaveLength(audience.length > 0 ? 1 : 0);
  });

  test("is not resumed as it is: exit 3, and nothing changes", async () => {
    await begin();
    const before = await dumpAll(world);
    for (const more of [
      [],
      ["--limit", "6"],
      ["--limit", "5"],
      ["--dry-run"],
      ["--limit", "6", "--dry-run"],
    ]) {
      const result = await resume(more);
      expect(result, more.join(" ")).toMatchObject({ code: 3, stdout: "" });
      expect(errorOf(result)).toMatchObject({
        message: "broadcast 'b-1' is finished",
        hint: expect.stringMatching(/--limit none, or more than 6/),
      });
    }
    expect(await dumpAll(world)).toEqual(before);
    expect(world.sandbox.stats().delivered).toBe(6);
  });

  test("is widened step by step, and nobody gets it twice", async () => {
    await begin();
    const wider = await resume(["--limit", "12"]);
    expect(wider.code, wider.stderr).toBe(0);
    const second = await checkBooks(world, wider, codesBefore);
    expect(second).toMatchObject({ status: "finished", outcomes: { sent: 12 }, run: { sent: 6 } });
    expect((await resume([])).code).toBe(3);

    const all = await resume(["--limit", "none"]);
    expect(all.code, all.stderr).toBe(0);
    const document = await checkBooks(world, all, codesBefore);
    expect(document).toMatchObject({
      status: "finished",
      recipients: USERS,
      outcomes: { sent: USERS },
      toGo: 0,
      run: { sent: 8 },
    });
    expect(all.json<Document>().next).toEqual([]);
    expect(world.sandbox.stats()).toMatchObject({ delivered: USERS, maxPerUser: 1 });
    expect(await world.redis.client.hmget("mina:broadcast:b-1", "limit", "cut")).toEqual([null, null]);
    expect(await lists(), "the list has served").toEqual([]);
    expect(await shown()).toMatchObject({ status: "finished", recipients: USERS, outcomes: { sent: USERS } });
  });

  test("has the counts of what is to come in a dry run and in the question", async () => {
    await begin();
    const before = await dumpAll(world);
    const dry = await resume(["--limit", "12", "--dry-run"]);
    expect(dry.json()).toMatchObject({ toGo: 6, wouldSend: 6, toSend: { fresh: 6, open: 0, retries: 0 } });
    expect((await resume(["--limit", "none", "--dry-run"])).json()).toMatchObject({ wouldSend: 14 });
    const asked = await atTerminal(world, ["resume", "b-1", "--limit", "9"], "n\n");
    expect(asked.code).toBe(11);
    expect(asked.stderr).toMatch(/^to go +3 users not yet sent to, limit 9$/m);
    expect(asked.stderr).toContain("Resume b-1 for up to 3 users? [y/N]");
    expect(await dumpAll(world)).toEqual(before);
  });

  test("is offered, and the last, with a wider limit alone", async () => {
    await giveUsers(world, 3, { prefix: "older" });
    setFaults(world, "withdrawn:100");
    await broadcast(world, ["--id", "b-0", "--to", "older0", "older1"]);
    setFaults(world);
    await begin();
    const offered = async (...args: string[]) => (await atTerminal(world, ["resume", ...args], "\n")).stderr;
    expect(await offered("--limit", "7")).toMatch(/^1 {2}b-1 .*: finished, 6 sent.*\n2 {2}b-0 /m);
    expect(await offered("--limit", "6")).toMatch(/^1 {2}b-0 .*: stopped.*\nWhich one\? \[1-1\]/m);
    expect(await offered()).toMatch(/^1 {2}b-0 .*: stopped.*\nWhich one\? \[1-1\]/m);
    const last = ["resume", "--last", "--yes", "--json"];
    const wider = await inPipe(world, [...last, "--limit", "none"]);
    expect(wider.json()).toMatchObject({ broadcastId: "b-1", status: "finished" });
    expect((await inPipe(world, last)).json()).toMatchObject({ broadcastId: "b-0", status: "finished" });
  });

  test("has one line for everybody in a report, over all runs", async () => {
    await giveUsers(world, USERS, { codes: 2 });
    const path = join(dir, `${name}.ndjson`);
    await broadcast(world, ["--id", "b-1", "--limit", "6", "--report", path, ...audience]);
    for (const limit of ["12", "none"]) await resume(["--limit", limit, "--report", path]);
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    const openIds = lines.map((line) => (JSON.parse(line) as { openId: string }).openId);
    expect(openIds.sort()).toEqual(Array.from({ length: USERS }, (_, i) => `u${i}`).sort());
  });

  test("that was interrupted is widened, too", async () => {
    await giveUsers(world, USERS, { codes: 2 });
    const some = () => world.sandbox.stats().delivered >= 3;
    const args = ["--id", "b-1", "--limit", "6", "--concurrency", "1", "--rate", "50/s", ...audience];
    expect((await interrupt(world, args, some)).code, name).toBe(130);
    const wider = await resume(["--limit", "12"]);
    expect(wider.code, wider.stderr).toBe(0);
    expect(wider.json()).toMatchObject({ status: "finished", outcomes: { sent: 12 } });
    expect((await resume(["--limit", "none"])).json()).toMatchObject({ outcomes: { sent: USERS } });
    expect(world.sandbox.stats()).toMatchObject({ delivered: USERS, maxPerUser: 1 });
  });
});

test("users without a code don't count against the limit", async () => {
  await giveUsers(world, 10);
  for (let i = 0; i < 10; i++) await world.redis.push(`late${i}`, '{"formId":"x","expire":1568000000000}');
  const trial = await broadcast(world, ["--id", "b-1", "--limit", "4"]);
  expect(trial.json()).toMatchObject({ outcomes: { sent: 4 } });
  expect((await resume(["--limit", "7"])).json()).toMatchObject({ outcomes: { sent: 7 } });
  expect((await resume(["--limit", "none"])).json()).toMatchObject({
    recipients: 20,
    outcomes: { sent: 10, no_code: 10 },
  });
});

test("a narrower limit than was sent already ends it there, for a wider one to go on", async () => {
  await giveUsers(world, USERS, { codes: 2 });
  const some = () => world.sandbox.stats().delivered >= 6;
  await interrupt(world, ["--id", "b-1", "--concurrency", "1", "--rate", "50/s"], some);
  const { delivered } = world.sandbox.stats();
  const narrow = await resume(["--limit", "3"]);
  expect(narrow.code, narrow.stderr).toBe(0);
  expect(narrow.json()).toMatchObject({
    status: "finished",
    outcomes: { sent: delivered },
    run: { sent: 0 },
  });
  expect((await resume(["--limit", "none"])).json()).toMatchObject({ outcomes: { sent: USERS } });
  expect(world.sandbox.stats()).toMatchObject({ delivered: USERS, maxPerUser: 1 });
});

test("those who failed in the trial count as reached, and stay failed", async () => {
  await giveUsers(world, USERS, { codes: 2 });
  setFaults(world, "unlisted:100");
  const trial = await broadcast(world, ["--id", "b-1", "--limit", "3", "--max-errors", "99"]);
  expect(trial.json()).toMatchObject({ status: "finished", outcomes: { failed: 3 } });
  setFaults(world);
  const all = await resume(["--limit", "none"]);
  expect(all.code).toBe(8);
  expect(await checkBooks(world, all, 40)).toMatchObject({ outcomes: { sent: 17, failed: 3 } });
});

test("a limit that cut nothing has nobody to be widened to: exit 3, and nothing changes", async () => {
  await giveUsers(world, 5);
  await broadcast(world, ["--id", "b-1", "--limit", "50"]);
  const before = await dumpAll(world);
  for (const limit of ["60", "none"]) {
    const result = await resume(["--limit", limit]);
    expect(result).toMatchObject({ code: 3, stdout: "" });
    expect(errorOf(result).hint).not.toContain("--limit");
  }
  expect(await dumpAll(world)).toEqual(before);
});

test.each(["0", "-1", "all", "", "1.5"])("--limit=%s is none", async (limit) => {
  const result = await resume([`--limit=${limit}`]);
  expect(result).toMatchObject({ code: 2, stdout: "" });
  expect(errorOf(result).message).toContain("--limit");
});
