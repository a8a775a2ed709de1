import { beforeEach, expect, it } from "vitest";
import { ENTRY_BUDGET, PURGE_BUDGET } from "../../src/redis/scripts.ts";
import { plainEntry } from "../helpers/redis.ts";
import { useTestRedis } from "../helpers/use-redis.ts";
import { javaEntry } from "../pool/java/forms.ts";
import { purgeAll } from "./purge-to-the-end.ts";
import { watchScripts } from "./script-work.ts";
import { countScriptCalls, FAR, PAST, pushMany } from "./seed.ts";

const MANY = 40_000;

const redis = useTestRedis();

beforeEach(async () => {
  await redis.client.script("FLUSH");
});

/** What one call may do at most, in whatever steps; without a budget it would be ten times as much. */
const MOST = { commands: 1000, entries: 8000 };

/** Entries that a call of a script may look at: what it returns has 256 KB at most, and an entry counts as 64 bytes besides its own. */
const MAX_A_CALL = 4096;

/**
 * Runs `work` and expects so many script calls that none can have looked at more than a call may of `entries`, but not many
 * more than the budget makes of short ones; and none of them long.
 */
async function expectSmallSteps<T>(
  entries: number,
  work: () => Promise<T>,
  budget: number = ENTRY_BUDGET,
): Promise<T> {
  await redis.client.config("RESETSTAT");
  const { result, calls: all } = await watchScripts(redis, work);
  const calls = await countScriptCalls(redis);
  expect(calls).toBeGreaterThanOrEqual(Math.floor(entries / MAX_A_CALL));
  // Twice as many would still be few; what counts is that it ends, and soon.
  expect(calls).toBeLessThanOrEqual(2 * (entries / budget) + 10);
  expect(all.filter((call) => call.commands > MOST.commands || call.entries > MOST.entries)).toEqual([]);
  return result;
}

function purge(dryRun = false) {
  return purgeAll(redis.open.stores.pools, dryRun);
}

function claim(openIds: string[], dryRun = false) {
  return redis.open.stores.ledger({ broadcastId: "b", runId: "r", dryRun }).claim(openIds);
}

const expired = Array.from({ length: MANY }, (_, i) => plainEntry(`e${i}`, PAST));
const unreadable = Array.from({ length: MANY }, (_, i) => `\xac\xed\x00\x05${i}`);
const last = plainEntry("last", FAR);
const claimed = {
  status: "claimed",
  openId: "u",
  formId: "last",
  expireMs: FAR,
  multiUse: false,
  attempt: 1,
  refused: 0,
};

it(`claims the one valid code behind ${MANY} expired ones, and drops those`, async () => {
  await pushMany(redis, "u", [...expired, last]);
  const dry = await expectSmallSteps(MANY, () => claim(["u"], true));
  expect(dry).toEqual([{ ...claimed, expired: MANY, left: 0 }]);
  expect(await redis.client.llen("mina:openid:u")).toBe(MANY + 1);
  expect(await expectSmallSteps(MANY, () => claim(["u"]))).toEqual([{ ...claimed, expired: MANY }]);
  expect(await redis.entries("u")).toEqual([]);
});

it(`purges ${MANY} expired codes and keeps the one valid code`, async () => {
  await pushMany(redis, "u", [...expired, last]);
  const dry = await expectSmallSteps(MANY, () => purge(true), PURGE_BUDGET);
  expect(dry).toMatchObject({ expiredRemoved: MANY, poolsChanged: 1, poolsRemoved: 0, unreadableKept: 0 });
  expect(await expectSmallSteps(MANY, () => purge(), PURGE_BUDGET)).toEqual(dry);
  expect(await redis.entries("u")).toEqual([last]);
});

it(`finds the one valid code behind ${MANY} unreadable entries, and keeps those in order`, async () => {
  await pushMany(redis, "u", [...unreadable, last]);
  expect(await expectSmallSteps(MANY, () => claim(["u"]))).toEqual([{ ...claimed, expired: 0 }]);
  expect(await redis.entries("u")).toEqual(unreadable);
  await redis.open.stores.ledger({ broadcastId: "b", runId: "r" }).release(["u"]);
  expect(await redis.entries("u")).toEqual([last, ...unreadable]);
});

it("purges expired codes from between unreadable entries, from one end of a long pool to the other", async () => {
  const mixed = expired.slice(0, MANY / 2).flatMap((entry, i) => [unreadable[i]!, entry]);
  await pushMany(redis, "u", mixed);
  // An entry that has to be read is read by another call than it is changed by, and in pieces of 256.
  const totals = await expectSmallSteps(MANY, () => purge(), 256);
  expect(totals).toMatchObject({ expiredRemoved: MANY / 2, unreadableKept: MANY / 2, poolsRemoved: 0 });
  expect(await redis.entries("u")).toEqual(unreadable.slice(0, MANY / 2));
});

it("claims the one valid code behind 20,000 expired ones that Java serialized, and purges the like", async () => {
  const old = javaEntry("a boxed long");
  await pushMany(redis, "u", [...Array.from({ length: 20_000 }, () => old), last]);
  const purged = await expectSmallSteps(20_000, () => purge(true), 100);
  expect(purged).toMatchObject({ expiredRemoved: 20_000 });
  // A piece of 32 KB holds about 140 of them.
  const reply = await expectSmallSteps(20_000, () => claim(["u"]), 100);
  expect(reply).toEqual([{ ...claimed, expired: 20_000 }]);
  expect(await redis.entries("u")).toEqual([]);
});

it(`tells that a user with ${MANY} entries has no code`, async () => {
  await pushMany(redis, "u", unreadable);
  const reply = await expectSmallSteps(MANY, () => claim(["u"]));
  expect(reply).toEqual([{ status: "no_code", openId: "u", expired: 0, refused: 0, unreadable: MANY }]);
  expect(await redis.entries("u")).toEqual(unreadable);
});

it(`claims the next code behind ${MANY} expired and refused ones`, async () => {
  const ledger = redis.open.stores.ledger({ broadcastId: "b", runId: "r" });
  await redis.push("u", plainEntry("bad", FAR));
  await ledger.claim(["u"]);
  const refused = Array.from({ length: 1000 }, () => plainEntry("bad", FAR));
  await pushMany(redis, "u", [...expired, ...refused, last]);
  const reply = await expectSmallSteps(MANY, () => ledger.next("u", "bad", 41029));
  expect(reply).toEqual({ ...claimed, expired: MANY, refused: 1000 });
  expect(await redis.entries("u")).toEqual([]);
});

it("imports into a long pool: each known formId is found, wherever it stands", async () => {
  await pushMany(redis, "u", [plainEntry("first", FAR), ...unreadable, last]);
  const codes = ["last", "new", "first", "new"].map((formId) => ({ formId, entry: plainEntry(formId, FAR) }));
  const reply = await expectSmallSteps(MANY, () => redis.open.stores.pools.push([{ openId: "u", codes }]));
  expect(reply).toEqual([{ pushed: 1, known: 3, used: 0, notAList: false }]);
  expect(await redis.client.lrange("mina:openid:u", -2, -1)).toEqual([last, plainEntry("new", FAR)]);
});

it("imports for many users with long ledgers: the records count, too", async () => {
  const openIds = Array.from({ length: 100 }, (_, i) => `u${i}`);
  const record = (formId: string) => `sent r 1 1795946400000 0 ${formId} - 0 ${FAR}`;
  const records = Object.fromEntries(Array.from({ length: 99 }, (_, i) => [`b${i}`, record(`f${i}`)]));
  for (const openId of openIds) await redis.client.hset(`{mina:openid:${openId}}:sends`, records);
  const codes = ["f0", "new", "f98"].map((formId) => ({ formId, entry: plainEntry(formId, FAR) }));
  const pools = openIds.map((openId) => ({ openId, codes }));
  const replies = await expectSmallSteps(10_000, () => redis.open.stores.pools.push(pools));
  expect(replies).toEqual(openIds.map(() => ({ pushed: 1, known: 0, used: 2, notAList: false })));
  expect(await redis.entries("u99")).toEqual([plainEntry("new", FAR)]);
});

it("shares one budget among the users of a batch", async () => {
  const openIds = Array.from({ length: 100 }, (_, i) => `u${i}`);
  for (const openId of openIds) await redis.push(openId, ...expired.slice(0, 400), last);
  const replies = await expectSmallSteps(40_000, () => claim(openIds));
  expect(replies).toEqual(openIds.map((openId) => ({ ...claimed, openId, expired: 400 })));
  await redis.client.flushall();
  for (const openId of openIds) await redis.push(openId, ...expired.slice(0, 400), last);
  const totals = await expectSmallSteps(40_000, () => purge(), PURGE_BUDGET);
  expect(totals).toMatchObject({ poolsScanned: 100, poolsChanged: 100, expiredRemoved: 40_000 });
});

it("takes whole lists of 64 KB a few at a time", async () => {
  const codes = Array.from({ length: 1480 }, (_, i) => plainEntry(`f${i}`, PAST));
  const list = `[${codes.join(",")}]`;
  const lists = Array.from({ length: 20 }, () => list);
  await redis.push("u", ...lists, `[${plainEntry("x", PAST)},${last}]`);
  await redis.client.config("RESETSTAT");
  expect(await claim(["u"], true)).toEqual([{ ...claimed, expired: 20 * 1480 + 1, left: 0 }]);
  // Three come at once, because a piece doubles what it reads: one, and then two.
  expect(await countScriptCalls(redis)).toBeGreaterThan(lists.length / 3);
  await redis.client.config("RESETSTAT");
  expect(await purge()).toMatchObject({ expiredRemoved: 20 * 1480 + 1 });
  expect(await countScriptCalls(redis)).toBeGreaterThan(lists.length / 3);
  expect(await redis.entries("u")).toEqual([`[${last}]`]);
});

it("is not held up by unreadable entries of megabytes", async () => {
  const huge = Array.from({ length: 20 }, (_, i) => `${"x".repeat(1_000_000)}${i}`);
  for (const entry of huge) await redis.push("u", entry);
  await redis.push("u", last);
  const { calls } = await watchScripts(redis, async () => {
    expect(await claim(["u"])).toEqual([{ ...claimed, expired: 0 }]);
    expect(await purge()).toMatchObject({ unreadableKept: 20 });
  });
  expect(Math.max(...calls.map(({ entries }) => entries)), "megabytes before one call").toBeLessThan(16);
  expect(await redis.entries("u")).toEqual(huge);
});
