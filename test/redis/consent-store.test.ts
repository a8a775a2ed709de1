import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { writeConsent } from "../../src/pool/consent.ts";
import type { ConsentStore } from "../../src/pool/consents/ports.ts";
import { startTestRedis, type TestRedis } from "../helpers/redis.ts";

let redis: TestRedis;
let store: ConsentStore;
let nowMs: number;
beforeAll(async () => {
  redis = await startTestRedis();
  store = redis.open.stores.consents({ keyPrefix: "mina:" }).pools;
  nowMs = await store.now();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  await redis.client.flushall();
});

const consent = (id: string, standing = false) => ({ id, atMs: nowMs, standing });
const key = "mina:consent:{oA}:T";
const idsOf = async () =>
  (await redis.client.lrange(key, 0, -1)).map((raw) => (JSON.parse(raw) as { consent: string }).consent);

/** As a claim does it: off the pool and into the ledger at once. */
const CLAIM = `local raw = redis.call("LPOP", KEYS[1])
if not raw then return nil end
local id = string.match(raw, '"consent":"([^"]+)"')
redis.call("HSET", KEYS[2], ARGV[1], "sent r 1 1764000000000 - " .. id .. " - 1 0")
return id`;

it("appends each consent once, however many import the same at a time, while others push and take", async () => {
  const other = new Redis(redis.url);
  const items = Array.from({ length: 30 }, (_, i) => consent(`i-${i}`));
  const taken: string[] = [];
  let isOver = false;
  const noise = (async () => {
    for (let n = 0; !isOver; n++) {
      await other.rpush(key, writeConsent(consent(`backend-${n}`)));
      const id = await other.eval(CLAIM, 2, key, "mina:consent:{oA}:sends", `b${n}`);
      if (id !== null) taken.push(String(id));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  const replies = await Promise.all(
    Array.from({ length: 12 }, async (_, i) => {
      await new Promise((resolve) => setTimeout(resolve, 3 * i));
      return store.push([{ name: "oA T", items: items.slice(i) }]);
    }),
  );
  isOver = true;
  await noise;
  other.disconnect();
  const all = [...taken, ...(await idsOf())].filter((id) => id.startsWith("i-"));
  const pushed = replies.flat().reduce((sum, reply) => sum + reply.pushed, 0);
  expect(all.sort()).toEqual(items.map(({ id }) => id).sort());
  expect(pushed).toBe(items.length);
});

it("never appends twice what two processes import at once", async () => {
  const items = Array.from({ length: 50 }, (_, i) => consent(`i-${i}`));
  const replies = await Promise.all(Array.from({ length: 8 }, () => store.push([{ name: "oA T", items }])));
  expect(await idsOf()).toEqual(items.map(({ id }) => id));
  expect(replies.flat().reduce((sum, { pushed }) => sum + pushed, 0)).toBe(50);
  expect(replies.flat().reduce((sum, { known }) => sum + known, 0)).toBe(350);
});

describe("what a ledger names", () => {
  it.each([
    ["a final record", `sent r1 1 1764000000000 - c1 m1 1 0`],
    ["an open one", `claimed r1 1764000000000 1 1 0 0 c1 0\n`],
  ])("is not appended again: %s", async (_, record) => {
    await redis.client.hset("mina:consent:{oA}:sends", "b1", record);
    const [reply] = await store.push([{ name: "oA T", items: [consent("c1"), consent("c2")] }]);
    expect(reply).toMatchObject({ pushed: 1, used: 1 });
    expect(await idsOf()).toEqual(["c2"]);
  });

  it("is of no account for a standing right, which no message spends", async () => {
    await redis.client.hset("mina:consent:{oA}:sends", "b1", `sent r1 1 1764000000000 - c1 m1 1 0`);
    const [reply] = await store.push([{ name: "oA T", items: [consent("c1", true)] }]);
    expect(reply).toMatchObject({ pushed: 1, used: 0 });
  });

  it("is nobody's business in other words of a record, nor in what is no record", async () => {
    await redis.client.hset("mina:consent:{oA}:sends", {
      b1: "sent r1 1 1764000000000 - c1 m1 1 0",
      b2: "c3 c3 c3",
    });
    const items = [consent("r1"), consent("m1"), consent("1"), consent("c3")];
    expect(await store.push([{ name: "oA T", items }])).toMatchObject([{ pushed: 4, used: 0 }]);
  });
});

it("reads pools of any length before it appends", async () => {
  const many = Array.from({ length: 5000 }, (_, i) => writeConsent(consent(`c${i}`)));
  await redis.client.rpush(key, ...many);
  const items = [consent("c0"), consent("c4999"), consent("new")];
  expect(await store.push([{ name: "oA T", items }])).toMatchObject([{ pushed: 1, known: 2 }]);
  expect((await idsOf()).at(-1)).toBe("new");
});

it("gives no pool an expiry", async () => {
  await store.push([{ name: "oA T", items: [consent("c1")] }]);
  expect(await redis.client.ttl(key)).toBe(-1);
});

it("finds all pools of some users, in their order, by one sweep", async () => {
  for (const name of ["{oA}:T", "{oA}:S", "{oB}:T", "{oAB}:T", "{oA}:seen"])
    await redis.client.rpush(`mina:consent:${name}`, "x");
  expect(await store.poolsOf(["oB", "oA"])).toEqual(["oB T", "oA S", "oA T"]);
  expect(await store.poolsOf(["oA"])).toEqual(["oA S", "oA T"]);
  const one = redis.open.stores.consents({ keyPrefix: "mina:", templateId: "T" }).pools;
  expect(await one.poolsOf(["oX", "oA"])).toEqual(["oX T", "oA T"]);
});
