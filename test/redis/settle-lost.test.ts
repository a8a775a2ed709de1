import { expect, it } from "vitest";
import type { Claimed, Permission, Settlement } from "../../src/broadcast/ports.ts";
import { plainEntry } from "../helpers/redis.ts";
import { useTestRedis } from "../helpers/use-redis.ts";
import { FAR } from "./seed.ts";

/* A failover undoes claims that Redis had acknowledged: the pool is as it was, and there is no record. */

const LEDGER = "{mina:openid:u}:sends";

const redis = useTestRedis();

function ledger(runId = "r") {
  return redis.open.stores.ledger({ broadcastId: "b", runId });
}

/** Claims for a user and undoes it; returns what the claim had taken. */
async function claimAndLose(...entries: string[]): Promise<Permission> {
  await redis.push("u", ...entries);
  const [claimed] = await ledger().claim(["u"]);
  expect(claimed).toMatchObject({ status: "claimed" });
  await redis.client.del("mina:openid:u", LEDGER);
  await redis.push("u", ...entries);
  const { formId, expireMs, multiUse } = claimed as Claimed;
  return { formId, expireMs, multiUse, standing: false };
}

function sent(permission?: Permission): Settlement {
  return { openId: "u", outcome: "sent", attempts: 1, msgid: "77", permission };
}

it("the outcome is entered, and the code is taken off its pool again", async () => {
  const a = plainEntry("a", FAR);
  const b = plainEntry("b", FAR);
  const permission = await claimAndLose(a, b);
  expect(await ledger().settle([sent(permission)])).toEqual([true]);
  expect(await redis.entries("u")).toEqual([b]);
  expect(await redis.client.hget(LEDGER, "b")).toMatch(new RegExp(`^sent r 1 \\d+ - a 77 0 ${FAR}$`));
  expect(await redis.client.pttl(LEDGER)).toBeGreaterThan(7 * 24 * 3_600_000);
  // The same call again, and what others make of it.
  expect(await ledger().settle([sent(permission)])).toEqual([true]);
  expect(await redis.entries("u")).toEqual([b]);
  expect(await ledger("other").claim(["u"])).toMatchObject([
    { status: "settled", outcome: "sent", formId: "a" },
  ]);
});

it.each([
  ["several uses", [`{"formId":"p","expire":${FAR},"uses":3}`]],
  ["a list of codes", [`[${plainEntry("p", FAR)},${plainEntry("q", FAR)}]`]],
])("an entry that holds more than what was sent with stays as it is (%s)", async (_, entries) => {
  const permission = await claimAndLose(...entries);
  expect(await ledger().settle([sent(permission)])).toEqual([true]);
  expect(await redis.entries("u")).toEqual(entries);
  expect(await ledger("other").claim(["u"])).toMatchObject([
    { status: "settled", outcome: "sent", formId: "p" },
  ]);
});

it("an unknown outcome can be tried again with the same code", async () => {
  const permission = await claimAndLose(plainEntry("a", FAR), plainEntry("b", FAR));
  const unknown: Settlement = { ...sent(permission), outcome: "unknown", msgid: undefined };
  expect(await ledger().settle([unknown])).toEqual([true]);
  const later = redis.open.stores.ledger({ broadcastId: "b", runId: "later", retry: ["unknown"] });
  expect(await later.claim(["u"])).toMatchObject([
    { status: "claimed", formId: "a", attempt: 2, retried: "unknown" },
  ]);
});

it("many at a time, each for itself", async () => {
  const entries = Array.from({ length: 40 }, (_, i) => plainEntry(`f${i}`, FAR));
  const openIds = entries.map((_, i) => `v${i}`);
  for (const [i, openId] of openIds.entries())
    await redis.push(openId, entries[i]!, plainEntry(`g${i}`, FAR));
  await ledger().claim(openIds);
  for (const [i, openId] of openIds.entries()) {
    if (i % 2 === 0) continue;
    await redis.client.del(`{mina:openid:${openId}}:sends`);
    await redis.client.lpush(`mina:openid:${openId}`, entries[i]!);
  }
  await ledger("other").claim(["v1"]);
  const settlements = openIds.map((openId, i) => ({
    ...sent({ formId: `f${i}`, expireMs: FAR, multiUse: false, standing: false }),
    openId,
  }));
  // The other run has what v1's pool gave it.
  expect(await ledger().settle(settlements)).toEqual(openIds.map((_, i) => i !== 1));
  for (const [i, openId] of openIds.entries())
    expect(await redis.entries(openId), openId).toEqual([plainEntry(`g${i}`, FAR)]);
});

it("nothing is entered for somebody of whom nothing was taken, nor into what is no ledger", async () => {
  expect(await ledger().settle([sent()])).toEqual([false]);
  expect(await redis.client.exists(LEDGER)).toBe(0);
  await redis.client.set(LEDGER, "x");
  const permission = { formId: "a", expireMs: FAR, multiUse: false, standing: false };
  expect(await ledger().settle([sent(permission)])).toEqual([false]);
  expect(await redis.client.get(LEDGER)).toBe("x");
});
