import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { SweepCutError } from "../../src/errors.ts";
import { noTotals, purgePools } from "../../src/pool/purge.ts";
import { plainEntry, startTestRedis, type TestRedis } from "../helpers/redis.ts";

const USERS = 5000;

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis({ persistent: true });
});
afterAll(() => redis?.stop());

beforeEach(async () => {
  await redis.client.flushall();
  const pipeline = redis.client.pipeline();
  for (let i = 0; i < USERS; i++) pipeline.rpush(`mina:openid:o${i}`, "x");
  await pipeline.exec();
});

/** Everybody met by a sweep, with something happening after the first page. */
async function sweep(after: () => Promise<unknown>): Promise<Set<string>> {
  const met = new Set<string>();
  let pages = 0;
  for await (const page of redis.open.stores.pools.sweep()) {
    for (const openId of page) met.add(openId);
    if (pages++ === 0) await after();
  }
  expect(pages, "more than one page, or nothing happened in the middle").toBeGreaterThan(2);
  return met;
}

it("a sweep is cut, not shortened, by a restart: the new process has another order of keys", async () => {
  await expect(sweep(() => redis.server.restart())).rejects.toThrow(SweepCutError);
  expect((await sweep(async () => undefined)).size, "the next one meets everybody").toBe(USERS);
});

it("a sweep goes on when only the connection was lost", async () => {
  const met = await sweep(() => redis.client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"));
  expect(met.size).toBe(USERS);
});

it.each([false, true])(
  "a purge that is cut sweeps again, and counts each pool once (dry run: %s)",
  async (dryRun) => {
    const pipeline = redis.client.pipeline();
    for (let i = 0; i < USERS; i++)
      pipeline.rpush(`mina:openid:o${i}`, plainEntry(`f${i}`, 1_568_000_000_000));
    await pipeline.exec();
    let restarted: Promise<void> | undefined;
    const totals = noTotals();
    await purgePools(redis.open.stores.pools, totals, {
      dryRun,
      signal: new AbortController().signal,
      clock: systemClock,
      onStep: () => {
        restarted ??= redis.server.restart();
      },
    });
    await restarted;
    expect(totals).toMatchObject({
      poolsScanned: USERS,
      poolsRemoved: 0,
      unreadableKept: USERS,
      complete: true,
    });
    // The answers to the two calls at which Redis went away were lost, and calls that are sent again find nothing to remove.
    const lost = USERS - totals.expiredRemoved;
    expect(lost).toBeGreaterThanOrEqual(0);
    expect(lost).toBeLessThanOrEqual(dryRun ? 0 : 120);
    expect(await redis.client.llen("mina:openid:o7")).toBe(dryRun ? 2 : 1);
  },
);
