import { afterAll, beforeAll, expect, it } from "vitest";
import { findConsent } from "../../../src/pool/find-consent.ts";
import { changeUsers } from "../../../src/redis/change-users.ts";
import { connectRedis } from "../../../src/redis/connect.ts";
import { createConsentKeys } from "../../../src/redis/consent-keys.ts";
import type { RedisLink } from "../../../src/redis/link.ts";
import { startTestRedis, type TestRedis } from "../../helpers/redis.ts";

let redis: TestRedis;
let link: RedisLink;
beforeAll(async () => {
  redis = await startTestRedis();
  link = await connectRedis({ url: redis.url, shownUrl: redis.url });
});
afterAll(async () => {
  link?.close();
  await redis?.stop();
});

it.each([
  ["is claimed where it still is, and stays", true],
  ["is not claimed once the user has withdrawn it", false],
])("a standing consent that was read %s", async (_, isThere) => {
  const keys = createConsentKeys({ keyPrefix: "mina:", templateId: "T" });
  const openId = `u-${isThere}`;
  const entry = '{"standing": true, "consent": "s", "at": 1764000000000}';
  if (isThere) await redis.client.rpush(keys.pool(openId), entry);
  const { edits, pick } = findConsent([entry], 0, Date.now(), undefined);
  expect(pick).toMatchObject({ code: { formId: "s" }, own: "" });
  const record = { was: undefined, text: "claimed" };
  const { done } = await changeUsers(link, keys, { id: "b", ttlMs: 60_000 }, [{ openId, record, edits }]);
  expect(done).toEqual([isThere]);
  expect(await redis.client.lrange(keys.pool(openId) as string, 0, -1)).toEqual(isThere ? [entry] : []);
  expect(await redis.client.hgetall(keys.ledger(openId) as string)).toEqual(isThere ? { b: "claimed" } : {});
});
