import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestRedis, type TestRedis } from "../../helpers/redis.ts";
import { poolKey } from "./claim-game.ts";
import { HOUR_MS } from "./claim-steps.ts";

const USERS = 200;
/** More than the first two rounds of a claim read. */
const EXPIRED = 20;

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());

it("counts each expired consent once, though another broadcast comes between two rounds of a claim", async () => {
  const nowMs = await redis.open.stores.pools.now();
  const openIds = Array.from({ length: USERS }, (_, i) => `o${i}`);
  const entry = (id: string, atMs: number) => `{"consent":"${id}","at":${atMs}}`;
  for (const openId of openIds) {
    const old = Array.from({ length: EXPIRED }, (_, i) => entry(`x${i}`, nowMs - 2 * HOUR_MS));
    await redis.client.rpush(poolKey("T", openId), ...old, entry("t", nowMs));
    await redis.client.rpush(poolKey("S", openId), entry("s", nowMs));
  }
  const [one, two] = ["T", "S"].map((templateId) =>
    redis.open.stores
      .sends({ keyPrefix: "mina:", templateId, maxAgeMs: HOUR_MS })
      .ledger({ broadcastId: `b-${templateId}`, runId: "r" }),
  );
  let expired = 0;
  let met = 0;
  const claimOne = async (some: string[]) => {
    const replies = await one!.claim(some);
    for (const reply of replies) if ("expired" in reply) expired += reply.expired ?? 0;
    return replies.filter(({ status }) => status === "later").map(({ openId }) => openId);
  };
  await Promise.all(
    openIds.map(async (openId, i) => {
      const claimTwo = async () => {
        // As many round trips later, so that it comes before, between and after those of the other claim.
        for (let trips = i % 8; trips > 0; trips--) await redis.open.stores.pools.now();
        await two!.claim([openId]);
      };
      const [later] = await Promise.all([claimOne([openId]), claimTwo()]);
      met += later.length;
    }),
  );
  await two!.release(openIds);
  const again = await claimOne(openIds);
  expect(again).toEqual([]);
  expect(met).toBeGreaterThan(0);
  expect(expired).toBe(USERS * EXPIRED);
});
