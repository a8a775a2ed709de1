import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { BroadcastResult } from "../../../src/broadcast/record.ts";
import { shareOf } from "../../broadcast/share-of.ts";
import {
  broadcast,
  checkBooks,
  countCodes,
  dumpAll,
  giveCode,
  giveUsers,
  interrupt,
  ledgers,
  outcomes,
  setFaults,
  TEMPLATE,
  until,
  useFolder,
  useWorld,
} from "../../broadcast/world.ts";
import { type CliResult, cliEnv, runCli } from "../../helpers/cli.ts";
import { atTerminal, errorOf } from "./at-terminal.ts";

/* Users from whom a message is withheld: those of a holdout, and those who had as many messages as a cap allows. */

const world = useWorld({ sandbox: { latencyMs: 2 } });
const dir = useFolder();
const HOUR_MS = 3_600_000;
const FAR = 4_102_444_800_000;

function run(...argv: string[]): Promise<CliResult> {
  return runCli([...argv, "--json"], { env: cliEnv(world.redis.url, world.sandbox.url) });
}

const USERS = Array.from({ length: 200 }, (_, i) => `u${i}`);
const HELD = USERS.filter((openId) => shareOf("camp-1", openId) < 0.2);
/** Other broadcasts sent to them, two hours ago. */
const HAD = USERS.filter((_, i) => i % 5 === 0);
const CAPPED = HAD.filter((openId) => !HELD.includes(openId));
const FREE = USERS.filter((openId) => !HELD.includes(openId) && !HAD.includes(openId));
const WITHHOLDING = ["--holdout", "20%", "--seed", "camp-1", "--cap", "1/24h", "3/7d"];
const EXPECTED = outcomes({ sent: FREE.length, held_out: HELD.length, capped: CAPPED.length });

async function note(openIds: readonly string[], id: string, ageMs: number, state = "sent"): Promise<void> {
  const record = `${state} x 1 ${Date.now() - ageMs} - f - 0 ${FAR}`;
  for (const openId of openIds) await world.redis.client.hset(`{mina:openid:${openId}}:sends`, id, record);
}

const deliveredTo = () => Object.keys(world.sandbox.stats().deliveriesByUser).sort();

function list(openIds: readonly string[]): string {
  const path = join(dir, "list.txt");
  writeFileSync(path, openIds.join("\n"));
  return path;
}

async function giveAll(): Promise<void> {
  await giveUsers(world, USERS.length);
  await note(HAD, "before", 2 * HOUR_MS);
  await note(FREE.slice(0, 30), "refused", 2 * HOUR_MS, "rejected");
  await note(FREE.slice(30, 60), "days-ago", 48 * HOUR_MS);
}

/** What others' ledgers hold besides, none of which is this broadcast's. */
async function ownRecords(id: string): Promise<Record<string, string>> {
  const own: Record<string, string> = {};
  for (const openId of USERS) {
    const record = await world.redis.client.hget(`{mina:openid:${openId}}:sends`, id);
    if (record) own[openId] = record.split(" ")[0] ?? "";
  }
  return own;
}

async function checkEnd(id: string): Promise<void> {
  expect(deliveredTo()).toEqual([...FREE].sort());
  expect(world.sandbox.stats().maxPerUser).toBe(1);
  expect(Object.keys(await ownRecords(id)).sort()).toEqual([...FREE].sort());
  expect(await countCodes(world)).toBe(USERS.length - FREE.length);
}

describe("a dry run", () => {
  beforeEach(giveAll);

  test.each(["pools", "list"])("of %s is what the broadcast does", async (audience) => {
    const to = audience === "list" ? ["--to-file", list(USERS)] : [];
    const before = await dumpAll(world);
    const dry = await broadcast(world, [...WITHHOLDING, ...to, "--dry-run"]);
    const document = dry.json<BroadcastResult>();
    expect(document, dry.stderr).toMatchObject({ recipients: USERS.length, outcomes: EXPECTED });
    expect(document.filtered).toBeUndefined();
    expect(await dumpAll(world)).toEqual(before);
    const report = join(dir, `report-${audience}.ndjson`);
    const real = await broadcast(world, [...WITHHOLDING, ...to, "--id", "b-1", "--report", report]);
    expect(real.code, real.stderr).toBe(0);
    expect(real.json()).toMatchObject({ recipients: USERS.length, outcomes: EXPECTED, toGo: 0 });
    await checkEnd("b-1");
    const lines = readFileSync(report, "utf8").trimEnd().split("\n");
    const held = lines.map((line) => JSON.parse(line)).filter(({ outcome }) => outcome === "held_out");
    expect(held.map(({ openId }) => openId).sort()).toEqual([...HELD].sort());
    const shown = (await run("broadcast", "show", "b-1")).json<Record<string, unknown>>();
    const { startedAt } = shown as { startedAt: string };
    const since = (hours: number) => new Date(Date.parse(startedAt) - hours * HOUR_MS).toISOString();
    expect(shown).toMatchObject({
      outcomes: EXPECTED,
      filters: {
        holdout: { share: 0.2, seed: "camp-1" },
        caps: [
          { count: 1, withinMs: 24 * HOUR_MS, since: since(24) },
          { count: 3, withinMs: 168 * HOUR_MS, since: since(168) },
        ],
      },
    });
    const exact = await run("broadcast", "show", "b-1", "--exact");
    expect(exact.json()).toMatchObject({ outcomes: EXPECTED, counted: "ledgers" });
  });

  test("counts the filters that come before, and those that come after, apart", async () => {
    await giveCode(world, "u1", "u1-more");
    const filters = ["--match", "u1*", "--exclude-broadcast", "one", "--min-valid", "2"];
    const of = (some: readonly string[]) => some.filter((openId) => openId.startsWith("u1"));
    await broadcast(world, ["--id", "one", "--to", "u5", "u10", "u11", "u1"]);
    const dry = await broadcast(world, [...filters, ...WITHHOLDING, "--dry-run"]);
    const document = dry.json<BroadcastResult>();
    const heldOut = of(HELD).length;
    expect(document.outcomes.held_out).toBe(heldOut);
    const notIn = ["u10", "u11", "u1"].filter((openId) => !HELD.includes(openId));
    // Those who had the message of "one" have no code any more, but for u1, and u5 does not match.
    expect(document.filtered).toMatchObject({
      match: USERS.length - of(USERS).length - 1,
      notIn: 1 - Number(HELD.includes("u1")),
    });
    expect(notIn.length).toBeGreaterThan(0);
  });

  test("shows both on a screen, in the facts and in the outcomes", async () => {
    const argv = [TEMPLATE, "--no-keywords", ...WITHHOLDING, "--dry-run"];
    const { stdout } = await atTerminal(world, argv);
    expect(stdout).toContain("--holdout 20% (seed camp-1), --cap 1/24h 3/7d");
    expect(stdout).toMatch(new RegExp(`withheld +held_out ${HELD.length}, capped ${CAPPED.length}`));
    expect(stdout).toContain(`200 users, ${HELD.length + CAPPED.length} withheld`);
  });
});

describe("a broadcast that goes on", () => {
  beforeEach(giveAll);

  test.each(["pools", "list"])(
    "after an interruption withholds from the same users: %s",
    async (audience) => {
      const to = audience === "list" ? ["--to-file", list(USERS)] : [];
      const args = ["--id", "b-1", "--rate", "200/s", ...WITHHOLDING, ...to];
      const cut = await interrupt(world, args, () => world.sandbox.stats().delivered > 40);
      expect(cut.code).toBe(130);
      const { delivered } = world.sandbox.stats();
      // Others send to those whom it has sent to already.
      await note(deliveredTo(), "later", 0);
      const dry = (await run("broadcast", "resume", "b-1", "--dry-run")).json<BroadcastResult>();
      expect(dry).toMatchObject({
        wouldSend: FREE.length - delivered,
        outcomes: { held_out: HELD.length, capped: CAPPED.length },
      });
      const exact = (await run("broadcast", "show", "b-1", "--exact")).json<BroadcastResult>();
      expect(exact).toMatchObject({
        outcomes: { sent: delivered, held_out: HELD.length, capped: CAPPED.length },
        toGo: FREE.length - delivered,
      });
      const result = await run("broadcast", "resume", "b-1", "--yes");
      expect(result.code, result.stderr).toBe(0);
      const { skipped } = result.json<BroadcastResult>().outcomes;
      expect(result.json()).toMatchObject({ outcomes: { ...EXPECTED, skipped }, recipients: USERS.length });
      await checkEnd("b-1");
    },
  );

  test("after a pause, and with a run that joins", async () => {
    const running = broadcast(world, ["--id", "b-1", "--rate", "40/s", ...WITHHOLDING]);
    await until(() => world.sandbox.stats().delivered > 5);
    await run("broadcast", "pause", "b-1");
    const paused = (await running).json<BroadcastResult>();
    expect(paused.status).toBe("paused");
    const again = run("broadcast", "resume", "b-1", "--rate", "40/s", "--yes");
    await until(() => world.sandbox.stats().delivered > paused.outcomes.sent + 5);
    const joined = await run("broadcast", "resume", "b-1", "--join", "--yes");
    for (const { code, stderr } of [await again, joined]) expect(code, stderr).toBe(0);
    await checkEnd("b-1");
    const shown = (await run("broadcast", "show", "b-1")).json<BroadcastResult>();
    const { skipped } = shown.outcomes;
    expect(shown).toMatchObject({ status: "finished", outcomes: { ...EXPECTED, skipped }, recipients: 200 });
  });

  test("under a limit, which those from whom it is withheld don't count against", async () => {
    const limited = await broadcast(world, ["--id", "b-1", ...WITHHOLDING, "--limit", "60"]);
    expect(limited.json<BroadcastResult>().outcomes.sent, limited.stderr).toBe(60);
    const rest = await run("broadcast", "resume", "b-1", "--limit", "none", "--yes");
    const { skipped } = rest.json<BroadcastResult>().outcomes;
    expect(rest.json()).toMatchObject({ outcomes: { ...EXPECTED, skipped }, recipients: 200 });
    await checkEnd("b-1");
  });

  test("a retry keeps the counts, and asks nobody again who was chosen", async () => {
    await world.redis.push("poor", "not ours");
    setFaults(world, "unlisted:40");
    const failed = await broadcast(world, ["--id", "b-1", "--max-errors", "9999", ...WITHHOLDING]);
    setFaults(world);
    const { failed: count, sent } = failed.json<BroadcastResult>().outcomes;
    expect(count + sent, failed.stderr).toBe(FREE.length);
    expect(count).toBeGreaterThan(10);
    for (const openId of FREE) await giveCode(world, openId, `${openId}-more`);
    await note(FREE, "meanwhile", 0);
    const again = await run("broadcast", "resume", "b-1", "--retry-failed", "--yes");
    expect(again.json(), again.stderr).toMatchObject({
      outcomes: { sent: FREE.length, failed: 0, no_code: 1, held_out: HELD.length, capped: CAPPED.length },
      recipients: 201,
    });
  });
});

test("a user who was capped by a message that failed is sent to by the next run, and no count keeps them", async () => {
  await giveUsers(world, 60);
  const all = USERS.slice(0, 60);
  await note(all.slice(0, 5), "other", 0, "unknown");
  const args = ["--id", "b-1", "--cap", "1/24h", "--to-file", list(all), "--limit", "10"];
  const first = await broadcast(world, args);
  expect(first.json()).toMatchObject({ outcomes: { sent: 10, capped: 5 } });
  await note(["u0"], "other", 0, "rejected");
  setFaults(world, "unlisted:40");
  const more = ["--limit", "none", "--max-errors", "9999"];
  const second = await run("broadcast", "resume", "b-1", "--yes", ...more);
  setFaults(world);
  const { failed, sent } = second.json<BroadcastResult>().outcomes;
  expect(second.json(), second.stderr).toMatchObject({ outcomes: { capped: 4 }, recipients: 60 });
  expect(failed + sent).toBe(56);
  const third = await run("broadcast", "resume", "b-1", "--retry-failed", "--yes");
  const want = { sent, failed, capped: 4, no_code: 0 };
  expect(third.json(), third.stderr).toMatchObject({ outcomes: want, recipients: 60 });
});

test("every message of another broadcast counts, also one whose outcome is not known, and the cap is exact", async () => {
  await giveUsers(world, 6);
  const before = await countCodes(world);
  await note(["u0"], "one", 23 * HOUR_MS, "unknown");
  await note(["u1"], "one", 25 * HOUR_MS);
  await note(["u2"], "one", HOUR_MS, "failed");
  await note(["u3"], "one", 25 * HOUR_MS);
  await note(["u3"], "two", 26 * HOUR_MS);
  await world.redis.client.hset(
    "{mina:openid:u4}:sends",
    "one",
    `claimed x 1 ${Date.now()} 0 1 ${FAR} f 0\n`,
  );
  const result = await broadcast(world, ["--cap", "1/24h,2/2d", "--id", "b-1"]);
  expect(result.json()).toMatchObject({ outcomes: outcomes({ sent: 3, capped: 3 }) });
  expect(deliveredTo()).toEqual(["u1", "u2", "u5"]);
  expect(await countCodes(world)).toBe(before - 3);
});

test("without a seed, the holdout is drawn by the broadcast's id; books balance", async () => {
  await giveUsers(world, 100);
  const before = await countCodes(world);
  const result = await broadcast(world, ["--holdout", "30%", "--id", "camp-7"]);
  const held = Array.from({ length: 100 }, (_, i) => `u${i}`).filter((id) => shareOf("camp-7", id) < 0.3);
  const { outcomes: all } = await checkBooks(world, result, before);
  expect(all.held_out).toBe(held.length);
  expect(deliveredTo().some((openId) => held.includes(openId))).toBe(false);
});

test("who is left ends with 3 where nobody is, and says why", async () => {
  await giveUsers(world, 3);
  await note(["u0", "u1", "u2"], "one", 0);
  for (const more of [["--dry-run"], []]) {
    const none = await broadcast(world, ["--cap", "1/1h", ...more]);
    expect(none.code).toBe(3);
    expect(none.stderr).toContain("the message is withheld from 3 users (capped 3)");
  }
  const both = await broadcast(world, ["--cap", "1/1h", "--match", "u[12]", "--dry-run"]);
  expect(both.stderr).toContain(
    "the filters exclude 1 user (--match 1); the message is withheld from 2 users",
  );
  expect([...(await ledgers(world)).values()]).toEqual(["sent", "sent", "sent"]);
});

test("--not-in is another name of --exclude-broadcast", async () => {
  await giveUsers(world, 4);
  await broadcast(world, ["--id", "one", "--to", "u0"]);
  await broadcast(world, ["--id", "two", "--to", "u1"]);
  for (const openId of ["u0", "u1"]) await giveCode(world, openId, `${openId}-more`);
  const result = await broadcast(world, ["--not-in", "one", "--exclude-broadcast", "two", "--dry-run"]);
  expect(result.json(), result.stderr).toMatchObject({ outcomes: { sent: 2 }, filtered: { notIn: 2 } });
});

test.each<[string, string[]]>([
  ["--holdout '5' is not a share", ["--holdout", "5"]],
  ["--holdout '0%' is not a share", ["--holdout", "0%"]],
  ["--holdout '100%' is not a share", ["--holdout", "100%"]],
  ["--seed '' can't be used", ["--holdout", "5%", "--seed", ""]],
  ["--seed 'a\tb' can't be used", ["--holdout", "5%", "--seed", "a\tb"]],
  ["can't be used", ["--holdout", "5%", "--seed", "x".repeat(65)]],
  ["--cap '1' is not a number of messages and a time", ["--cap", "1"]],
  ["--cap '0/24h' is not a number of messages and a time", ["--cap", "0/24h"]],
  ["--cap '101/24h' is not a number", ["--cap", "101/24h"]],
  ["--cap '1/soon': \"soon\" is not a duration", ["--cap", "1/soon"]],
  ["--cap '1/0h' has no time in it", ["--cap", "1/0h"]],
  ["--cap '1/8d' looks back more than 7 days", ["--cap", "1/24h", "--cap", "1/8d"]],
  ["--cap is given 6 times", ["--cap", "1/1h,1/2h,1/3h,1/4h,1/5h,1/6h"]],
])("a usage error: %s", async (words, args) => {
  await giveUsers(world, 1);
  const result = await broadcast(world, [...args, "--dry-run"]);
  expect(result.code, result.stderr).toBe(2);
  expect(errorOf(result).message).toContain(words);
});
