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

it.each<["failed" | "unknown" | "no_code", string]>([
  ["failed", `failed old 1 1 -5 x - 0 ${FAR}`],
  ["unknown", `unknown old 3 1 - a - 0 ${FAR}`],
  ["no_code", "no_code old 0 1 - - - 0 0"],
  ["no_code", "no_code r 0 1 - - - 0 0"],
])(
  "an outcome that was tried again is replaced where the second try is lost (%s)",
  async (before, record) => {
    const b = plainEntry("b", FAR);
    await redis.push("u", plainEntry("a", FAR), b);
    await redis.client.hset(LEDGER, "b", record);
    const retry: ("failed" | "unknown")[] = before === "no_code" ? [] : [before];
    const again = redis.open.stores.ledger({ broadcastId: "b", runId: "r", retry });
    const permission = { formId: "a", expireMs: FAR, multiUse: false, standing: false };
    expect(await again.settle([sent(permission)])).toEqual([true]);
    expect(await redis.client.hget(LEDGER, "b")).toMatch(/^sent r 1 \d+ - a 77 /);
    expect(await redis.entries("u")).toEqual([b]);
  },
);

it.each([
  ["a claim of a dead run with the same code", "dead", "a", true],
  ["another code of it", "dead", "x", false],
  ["a claim of a run that is alive", "alive", "a", false],
])("of %s: settled as the takeover would have been: %s %s %s", async (_, run, formId, isOurs) => {
  const record = `claimed ${run} 1 1 0 1 ${FAR} ${formId} 0\n`;
  await redis.client.hset(LEDGER, "b", record);
  const ledger = redis.open.stores.ledger({ broadcastId: "b", runId: "r", deadRuns: new Set(["dead"]) });
  const permission = { formId: "a", expireMs: FAR, multiUse: false, standing: false };
  expect(await ledger.settle([sent(permission)])).toEqual([isOurs]);
  const after = await redis.client.hget(LEDGER, "b");
  if (isOurs) expect(after).toMatch(/^sent r /);
  else expect(after).toBe(record);
});

it("an outcome of another run stays, whatever this one comes with", async () => {
  const record = `sent other 1 1 - a - 0 ${FAR}`;
  await redis.client.hset(LEDGER, "b", record);
  const again = redis.open.stores.ledger({ broadcastId: "b", runId: "r", retry: ["failed", "unknown"] });
  const permission = { formId: "a", expireMs: FAR, multiUse: false, standing: false };
  expect(await again.settle([{ ...sent(permission), outcome: "unknown" }])).toEqual([false]);
  expect(await redis.client.hget(LEDGER, "b")).toBe(record);
});

it("pools too long to be read at once are taken from in several rounds", async () => {
  const openIds = Array.from({ length: 120 }, (_, i) => `w${i}`);
  const fill = (i: number) =>
    Array.from({ length: 16 }, (_, k) => plainEntry(`f${i}-${k}${"x".repeat(100)}`, FAR));
  for (const [i, openId] of openIds.entries()) await redis.push(openId, ...fill(i));
  const settlements = openIds.map((openId, i) => ({
    ...sent({ formId: `f${i}-0${"x".repeat(100)}`, expireMs: FAR, multiUse: false, standing: false }),
    openId,
  }));
  expect(await ledger().settle(settlements)).toEqual(openIds.map(() => true));
  for (const [i, openId] of openIds.entries()) expect(await redis.entries(openId)).toEqual(fill(i).slice(1));
});
