import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { makeChoice, type Policy } from "../../src/broadcast/policy.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { createKeys } from "../../src/redis/keys.ts";
import { createLedger } from "../../src/redis/ledger-store.ts";
import type { RedisLink } from "../../src/redis/link.ts";
import { plainEntry, startTestRedis, type TestRedis } from "../helpers/redis.ts";
import { FAR, pushMany } from "./seed.ts";

/* What a filter has asked is asked again in the step that claims: here others write just before that. */

const keys = createKeys({ keyPrefix: "mina:", poolPrefix: "mina:openid:" });
const POOL = "mina:openid:u";
const LEDGER = "{mina:openid:u}:sends";
const [a, b] = [plainEntry("a", FAR), plainEntry("b", FAR)];
const CAPS = { caps: [{ count: 1, withinMs: 1000, sinceMs: 9 }] };
const NOT_IN = { notIn: [{ id: "other", startedAtMs: 0 }] };

let redis: TestRedis;
let link: RedisLink;
let meanwhile: (() => Promise<unknown>) | undefined;
beforeAll(async () => {
  redis = await startTestRedis();
  const own = await connectRedis({ url: redis.server.url, shownUrl: redis.server.url });
  link = {
    ...own,
    runBatch: async (script, users, plan, unpack) => {
      const act = script.name === "change-users" ? meanwhile : undefined;
      if (act) meanwhile = undefined;
      await act?.();
      return own.runBatch(script, users, plan, unpack);
    },
  };
});
afterAll(async () => {
  link.close();
  await redis.stop();
});
beforeEach(async () => {
  await redis.client.flushall();
});

async function claim(policy: Policy, act: () => Promise<unknown>): Promise<string> {
  meanwhile = act;
  const book = createLedger(link, keys, {
    broadcastId: "mine",
    runId: "r",
    choice: makeChoice(policy, undefined),
  });
  const [reply] = await book.claim(["u"]);
  expect(meanwhile, "what others did came in between").toBeUndefined();
  return reply?.status === "excluded" ? reply.by : (reply?.status ?? "");
}

it.each<[string, Policy, string[], string]>([
  ["a list in one entry", NOT_IN, [`[${a}]`], "notIn"],
  ["codes that are counted", { ...NOT_IN, minValid: 2 }, [a, b], "notIn"],
  ["a list in one entry, with a cap", CAPS, [`[${a}]`], "capped"],
  ["codes that are counted, with a cap", { ...CAPS, minValid: 2 }, [a, b], "capped"],
])("another broadcast sends to the user: %s", async (_, policy, entries, out) => {
  for (const [state, by] of [
    ["sent", out],
    ["claimed", out],
    ["failed", "claimed"],
  ] as const) {
    await redis.client.flushall();
    await redis.push("u", ...entries);
    const record = state === "claimed" ? `claimed x 1 9 0 1 ${FAR} f 0\n` : `${state} x 1 9 - - - 0 0`;
    expect(await claim(policy, () => redis.client.hset(LEDGER, "other", record))).toBe(by);
    if (by === "claimed") continue;
    expect(await redis.entries("u")).toEqual(entries);
    expect(await redis.client.hkeys(LEDGER)).toEqual(["other"]);
  }
});

it.each([0, 5, 2000])("somebody takes one of two codes, %i entries between them", async (count) => {
  const between = Array.from({ length: count }, (_, i) => `not ours ${i}`);
  await pushMany(redis, "u", [a, ...between, b]);
  expect(await claim({ minValid: 2 }, () => redis.client.lrem(POOL, 1, b))).toBe("minValid");
  expect(await redis.entries("u")).toEqual([a, ...between]);
  expect(await redis.client.exists(LEDGER)).toBe(0);
});

it("somebody adds a code: it is claimed all the same", async () => {
  await redis.push("u", a, b);
  expect(await claim({ minValid: 2 }, () => redis.push("u", plainEntry("c", FAR)))).toBe("claimed");
  expect(await redis.entries("u")).toEqual([b, plainEntry("c", FAR)]);
});
