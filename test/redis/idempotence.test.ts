import { expect, it } from "vitest";
import type { Ledger, Settlement } from "../../src/broadcast/ports.ts";
import { systemClock } from "../../src/clock.ts";
import { plainEntry } from "../helpers/redis.ts";
import { useTestRedis } from "../helpers/use-redis.ts";
import { JAVA_ENTRY } from "../pool/forms.ts";
import { beginPools } from "./purge-to-the-end.ts";
import { FAR, PAST } from "./seed.ts";

/*
 * A call whose answer was lost is sent again: by ioredis when the connection comes back, by the engine when Redis does.
 * The second time must leave everything as the first did.
 */

const POOL = "mina:openid:u";
const LEDGER = "{mina:openid:u}:sends";

const redis = useTestRedis();

function ledger(runId = "r"): Ledger {
  return redis.open.stores.ledger({ broadcastId: "b", runId });
}

/** Pool and record as they are, without the time of the last write. */
async function state() {
  const record = (await redis.client.hgetBuffer(LEDGER, "b"))?.toString("latin1");
  return { pool: await redis.entries("u"), record: record?.replace(/ \d{13} /, " AT ") };
}

const LIST = `[${["a", "b", "c"].map((id) => plainEntry(id, FAR)).join(",")}]`;
const USES = `{"formId":"p","expire":${FAR},"uses":3}`;

/** Name, entries, and how they stand after a claim and a release. */
const POOLS: [string, string[], string[]?][] = [
  ["plain entries", [plainEntry("a", FAR), plainEntry("b", FAR)]],
  ["one entry", [plainEntry("a", FAR)]],
  [
    "expired entries before it",
    [plainEntry("x", PAST), JAVA_ENTRY, plainEntry("y", PAST), plainEntry("a", FAR), plainEntry("b", FAR)],
    [plainEntry("a", FAR), JAVA_ENTRY, plainEntry("b", FAR)],
  ],
  ["a whole list in one entry", [LIST]],
  ["a whole list in a string", [JSON.stringify(LIST)]],
  ["uses", [USES, plainEntry("b", FAR)]],
];

it.each(POOLS)("claim again: it is mine (%s)", async (_, entries) => {
  await redis.push("u", ...entries);
  const [first] = await ledger().claim(["u"]);
  const after = await state();
  const [second] = await ledger().claim(["u"]);
  const mine = { status: "mine", firstAgoMs: expect.any(Number), expired: 0, refused: 0 };
  expect(second).toEqual({ ...first, ...mine });
  expect(await state()).toEqual(after);
});

it("claim again, met by a pool that went with its last expired code: still a recipient without a code", async () => {
  await redis.push("u", plainEntry("x", PAST));
  const [first] = await ledger().claim(["u"], "pool");
  expect(first).toEqual({ status: "no_code", openId: "u", expired: 1, refused: 0 });
  const after = await state();
  expect(await ledger().claim(["u"], "pool")).toEqual([{ ...first, expired: 0 }]);
  expect(await state()).toEqual(after);
  // Another run meets the user by the ledger, and everyone by the pool once there is one again.
  expect(await ledger("other").claim(["u"], "pool")).toEqual([{ status: "elsewhere", openId: "u" }]);
  expect(await ledger("other").claim(["u"], "ledger")).toMatchObject([{ status: "no_code" }]);
  await redis.push("u", plainEntry("a", FAR));
  expect(await ledger("other").claim(["u"], "ledger")).toEqual([{ status: "elsewhere", openId: "u" }]);
  expect(await ledger().claim(["u"], "pool")).toMatchObject([{ status: "claimed", retried: "no_code" }]);
});

it("claim the same user twice in one batch: claimed once", async () => {
  await redis.push("u", plainEntry("a", FAR), plainEntry("b", FAR));
  const replies = await ledger().claim(["u", "u", "u"]);
  expect(replies.map(({ status }) => status)).toEqual(["claimed", "mine", "mine"]);
  expect(await redis.entries("u")).toEqual([plainEntry("b", FAR)]);
});

it.each(POOLS)("next again: the same next code (%s)", async (_, entries) => {
  await redis.push("u", ...entries);
  const [claimed] = await ledger().claim(["u"]);
  if (claimed?.status !== "claimed") throw new Error("not claimed");
  const first = await ledger().next("u", claimed.formId, 41029);
  const after = await state();
  const second = await ledger().next("u", claimed.formId, 41029);
  expect(second).toEqual({ ...first, expired: 0, refused: 0 });
  expect(await state()).toEqual(after);
});

it("next again, long after another one: still the code in hand", async () => {
  await redis.push("u", ...["a", "b", "c", "d"].map((id) => plainEntry(id, FAR)));
  await ledger().claim(["u"]);
  await ledger().next("u", "a", 41028);
  await ledger().next("u", "b", 41028);
  const after = await state();
  expect(await ledger().next("u", "a", 41028)).toMatchObject({ status: "claimed", formId: "c" });
  expect(await state()).toEqual(after);
});

const FINALS: Settlement[] = [
  { openId: "u", outcome: "sent", attempts: 2, msgid: "1234567890123456789" },
  { openId: "u", outcome: "failed", attempts: 1, errcode: -5 },
  { openId: "u", outcome: "unknown", attempts: 7 },
];

it.each(FINALS)("settle again: settled ($outcome)", async (settlement) => {
  await redis.push("u", plainEntry("a", FAR), plainEntry("b", FAR));
  await ledger().claim(["u"]);
  expect(await ledger().settle([settlement])).toEqual([true]);
  const after = await state();
  expect(await ledger().settle([settlement])).toEqual([true]);
  expect(await state()).toEqual(after);
  expect(await ledger("other").settle([settlement])).toEqual([false]);
  expect(await state()).toEqual(after);
});

it.each(POOLS)("release again: nothing more is put back (%s)", async (_, entries, released = entries) => {
  await redis.push("u", ...entries);
  await ledger().claim(["u"]);
  expect(await ledger().release(["u"])).toEqual([true]);
  const after = await state();
  expect(after.record).toBeUndefined();
  expect(await ledger().release(["u"])).toEqual([false]);
  expect(await state()).toEqual(after);
  expect(after.pool).toEqual(released);
});

it("settle with the code put back, again: settled, put back once", async () => {
  await redis.push("u", plainEntry("a", FAR));
  await ledger().claim(["u"]);
  const settlement: Settlement = { openId: "u", outcome: "rejected", attempts: 1, errcode: 40003 };
  expect(await ledger().settleReturning(settlement)).toBe(true);
  const after = await state();
  expect(after.pool).toEqual([plainEntry("a", FAR)]);
  expect(await ledger().settleReturning(settlement)).toBe(true);
  expect(await state()).toEqual(after);
  expect(await ledger("other").settleReturning(settlement)).toBe(false);
});

it("push again: every code is known", async () => {
  const codes = ["a", "%d", "b"].map((formId) => ({ formId, entry: plainEntry(formId, FAR) }));
  const push = () => redis.open.stores.pools.push([{ openId: "u", codes }]);
  expect(await push()).toEqual([{ pushed: 3, known: 0, used: 0, notAList: false }]);
  const after = await state();
  expect(await push()).toEqual([{ pushed: 0, known: 3, used: 0, notAList: false }]);
  expect(await state()).toEqual(after);
});

it("purge again: nothing more is removed", async () => {
  await redis.push("u", plainEntry("x", PAST), JAVA_ENTRY, plainEntry("y", PAST), plainEntry("a", FAR));
  const purge = () => redis.open.stores.pools.purge(beginPools(["u"]), { dryRun: false });
  expect(await purge()).toMatchObject({ scanned: 1, changed: 1, removed: 0, expired: 2, unreadable: 1 });
  expect(await purge()).toMatchObject({ scanned: 1, changed: 0, removed: 0, expired: 0, unreadable: 1 });
  expect(await redis.entries("u")).toEqual([JAVA_ENTRY, plainEntry("a", FAR)]);
});

it("taking over again: mine, at the attempt that the first time counted", async () => {
  await redis.push("u", plainEntry("a", FAR));
  await ledger("dead").claim(["u"]);
  const heir = redis.open.stores.ledger({ broadcastId: "b", runId: "heir", deadRuns: new Set(["dead"]) });
  await systemClock.sleep(20);
  const [taken] = await heir.claim(["u"]);
  expect(taken).toMatchObject({ status: "claimed", formId: "a", attempt: 2 });
  // Since the dead run's claim, not since this one: a repeat is safe for so long after the first attempt.
  expect(taken?.status === "claimed" && taken.firstAgoMs).toBeGreaterThanOrEqual(15);
  expect(await heir.claim(["u"])).toMatchObject([{ status: "mine", formId: "a", attempt: 2 }]);
  expect(await ledger("dead").release(["u"])).toEqual([false]);
  expect(await heir.release(["u"])).toEqual([true]);
  expect(await redis.entries("u")).toEqual([plainEntry("a", FAR)]);
  expect(await redis.client.exists(POOL, LEDGER)).toBe(1);
});
