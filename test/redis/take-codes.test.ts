import { beforeEach, describe, expect, it } from "vitest";
import { javaPoolKey, plainEntry } from "../helpers/redis.ts";
import { useTestRedis } from "../helpers/use-redis.ts";
import { javaEntryAt } from "../pool/java/forms.ts";
import { LIFE_MS, openBooks, useBooks } from "./books.ts";

const redis = useTestRedis();
const books = useBooks(redis);
let nowMs: number;
beforeEach(async () => {
  nowMs = await redis.open.stores.pools.now();
});

const KEY = "mina:openid:u";
const SEEN = "{mina:openid:u}:seen";
const LEDGER = "{mina:openid:u}:sends";
const code = (formId: string, ageMs = 0) => ({ formId, ageMs });
const idsOf = async (openId = "u") =>
  (await redis.entries(openId)).map((raw) => /"formId":"([^"]+)"/.exec(raw)?.[1] ?? raw);
const take = (...formIds: string[]) =>
  books.codes.take(
    "u",
    formIds.map((formId) => code(formId)),
  );

describe("a report", () => {
  it("is taken once, in its order, in the plain form, and known the second time", async () => {
    expect(await take("f1", "f2", "f1")).toEqual(["taken", "taken", "known"]);
    expect(await take("f1", "f2", "f3")).toEqual(["known", "known", "taken"]);
    expect(await idsOf()).toEqual(["f1", "f2", "f3"]);
    const [first = ""] = await redis.entries("u");
    const { expire } = JSON.parse(first) as { expire: number };
    expect(first).toBe(plainEntry("f1", expire));
    expect(expire - nowMs - LIFE_MS).toBeGreaterThanOrEqual(0);
    expect(expire - nowMs - LIFE_MS).toBeLessThan(60_000);
  });

  it("of a payment says so in its entry, is claimed a use at a time, and used up after three", async () => {
    const payment = { formId: "order-1", ageMs: 0, uses: 3, scene: 2 };
    expect(await books.codes.take("u", [payment, code("f1")])).toEqual(["taken", "taken"]);
    expect(await books.codes.take("u", [payment])).toEqual(["known"]);
    const [raw = "", plain = ""] = await redis.entries("u");
    const { expire } = JSON.parse(raw) as { expire: number };
    expect(raw).toBe(`{"formId":"order-1","expire":${expire},"uses":3,"scene":2}`);
    expect(plain).toBe(plainEntry("f1", expire));
    for (const uses of [2, 1, undefined]) {
      const ledger = redis.open.stores.ledger({ broadcastId: `b${uses}`, runId: "r" });
      expect(await ledger.claim(["u"])).toMatchObject([{ formId: "order-1", multiUse: true, scene: 2 }]);
      const left = uses === undefined ? plain : raw.replace('"uses":3', `"uses":${uses}`);
      expect((await redis.entries("u"))[0]).toBe(left);
    }
    await redis.client.del(SEEN);
    expect(await books.codes.take("u", [payment])).toEqual(["used"]);
  });

  it("says of each code that it is good for several messages, where the platform's are", async () => {
    const own = await openBooks(redis.url, { codeUses: 3 });
    try {
      expect(await own.codes.take("u", [code("f1")])).toEqual(["taken"]);
      expect(await own.codes.take("u", [code("f1"), code("f2")])).toEqual(["known", "taken"]);
      const entries = (await redis.entries("u")).map((raw) => JSON.parse(raw));
      expect(entries).toMatchObject([
        { formId: "f1", uses: 3 },
        { formId: "f2", uses: 3 },
      ]);
    } finally {
      own.close();
    }
  });

  it("gives a code its life less its age, or what it says if that is less", async () => {
    const notAfterMs = nowMs + 5000;
    const reports = [
      { formId: "old", ageMs: 1000 },
      { formId: "short", ageMs: 0, notAfterMs },
      { formId: "long", ageMs: 0, notAfterMs: nowMs + 2 * LIFE_MS },
      { formId: "past", ageMs: 0, notAfterMs: nowMs - 1 },
      { formId: "dead", ageMs: LIFE_MS },
    ];
    const fates = await books.codes.take("u", reports);
    expect(fates).toEqual(["taken", "taken", "taken", "expired", "expired"]);
    const times = (await redis.entries("u")).map((raw) => (JSON.parse(raw) as { expire: number }).expire);
    expect(times[2]! - times[0]!).toBe(1000);
    expect(times[1]).toBe(notAfterMs);
  });

  it("is known though a backend has taken the codes, and used once a broadcast has sent with them", async () => {
    await take("f1", "f2", "f3");
    await redis.client.lpop(KEY, 3);
    await redis.client.hset(LEDGER, "b1", `sent r 1 1795946400000 0 f2 123 0 ${nowMs + LIFE_MS}`);
    await redis.client.hset(LEDGER, "b2", `claimed r 1 1795946400000 0 1 ${nowMs} f4 0\n`);
    expect(await take("f1", "f2", "f3", "f4")).toEqual(["known", "used", "known", "used"]);
    expect(await redis.entries("u")).toEqual([]);
  });

  it("is known when somebody else has pushed the code, also after that was taken", async () => {
    await redis.push("u", plainEntry("f1", nowMs + 9000));
    expect(await take("f1")).toEqual(["known"]);
    await redis.client.lpop(KEY);
    expect(await take("f1")).toEqual(["known"]);
  });

  it("of a payment is used up after three messages only", async () => {
    const formId = "wx20261126000000abc";
    const sent = `sent r 1 1795946400000 0 ${formId} 123 1 ${nowMs}`;
    await redis.client.hset(LEDGER, { b1: sent, b2: sent });
    expect(await take(formId)).toEqual(["taken"]);
    await redis.client.del(KEY, SEEN);
    await redis.client.hset(LEDGER, "b3", sent);
    expect(await take(formId)).toEqual(["used"]);
  });

  it("with odd characters is written as JSON", async () => {
    expect(await take('a"b\\c')).toEqual(["taken"]);
    const [raw = ""] = await redis.entries("u");
    expect(JSON.parse(raw)).toMatchObject({ formId: 'a"b\\c' });
    expect(await take('a"b\\c', "d")).toEqual(["known", "taken"]);
  });

  it("keeps what it remembers for a bounded time, and a bounded number", async () => {
    for (let i = 0; i < 5; i++) await take(...Array.from({ length: 50 }, (_, n) => `f${i}-${n}`));
    expect(await redis.client.zcard(SEEN)).toBe(200);
    expect(await redis.client.ttl(SEEN)).toBeGreaterThan(LIFE_MS / 1000);
    expect(await redis.client.ttl(KEY)).toBe(-1);
  });

  it.each([
    ["an openId with braces", "a{b", code("f1")],
    ["a formId with a space", "u", code("f 1")],
    ["an age that is no number", "u", code("f1", Number.NaN)],
  ])("is refused: %s", async (_, openId, report) => {
    await expect(books.codes.take(openId, [report])).rejects.toMatchObject({ kind: "usage" });
    expect(await redis.client.dbsize()).toBe(0);
  });

  it("of no codes asks nobody", async () => {
    expect(await books.codes.take("u", [])).toEqual([]);
  });
});

it("takes reports of many users that come in at once, each by itself", async () => {
  await redis.client.set("mina:openid:o7", "text");
  const users = Array.from({ length: 50 }, (_, i) => `o${i}`);
  const all = await Promise.allSettled(
    users.map((openId) => books.codes.take(openId, [code(`${openId}-a`), code("b")])),
  );
  const odd = all.flatMap((one, i) => (one.status === "rejected" ? [i] : []));
  expect(odd).toEqual([7]);
  for (const openId of users.filter((_, i) => i !== 7))
    expect(await idsOf(openId)).toEqual([`${openId}-a`, "b"]);
});

it("takes the same report once, however often it comes at once", async () => {
  const all = await Promise.all(Array.from({ length: 40 }, () => take("f1", "f2")));
  expect(all.filter(([first]) => first === "taken")).toHaveLength(1);
  expect(await idsOf()).toEqual(["f1", "f2"]);
});

describe("the wrong type", () => {
  it("of the pool is named, and of what is beside it", async () => {
    await redis.client.set(KEY, "text");
    await expect(take("f1")).rejects.toMatchObject({
      kind: "redis",
      message: expect.stringContaining(`'${KEY}'`),
    });
    await redis.client.del(KEY);
    await redis.client.set(SEEN, "text");
    await expect(take("f1")).rejects.toMatchObject({
      kind: "redis",
      message: expect.stringContaining(`'${SEEN}'`),
    });
    expect(await redis.entries("u")).toEqual([]);
  });

  it("of the ledger has nothing to say", async () => {
    await redis.client.set(LEDGER, "text");
    expect(await take("f1")).toEqual(["taken"]);
  });
});

describe("pools of other writers", () => {
  it("keep every byte, and the codes in them are known", async () => {
    const there = [
      javaEntryAt("a boxed long", nowMs + 3_600_000),
      `[${plainEntry("l1", nowMs + 5000)},${plainEntry("l2", nowMs + 5000)}]`,
      "\xac\xed\x00\x05 \xff",
    ];
    await redis.push("u", ...there);
    expect(await take("f1", "l2", "f2", "f1")).toEqual(["taken", "known", "taken", "known"]);
    expect((await redis.entries("u")).slice(0, 3)).toEqual(there);
    expect(await take("f1", "l1", "f3")).toEqual(["known", "known", "taken"]);
    expect((await idsOf()).slice(3)).toEqual(["f1", "f2", "f3"]);
    await redis.client.del(KEY);
    expect(await take("l1", "l2")).toEqual(["known", "known"]);
  });

  it("of any length are read in pieces", async () => {
    const many = Array.from({ length: 5000 }, (_, i) => plainEntry(`p${i}`, nowMs - 1));
    await redis.push("u", "odd", ...many);
    expect(await take("p4999", "f1")).toEqual(["known", "taken"]);
    expect(await redis.client.llen(KEY)).toBe(5002);
  });

  it("may change all the time, and nothing is taken twice", async () => {
    await redis.push("u", "odd");
    let isOver = false;
    const noise = (async () => {
      for (let n = 0; !isOver; n++) {
        await redis.push("u", `noise ${n}`);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    })();
    const all = await Promise.all(Array.from({ length: 10 }, (_, i) => take("f1", `g${i}`)));
    isOver = true;
    await noise;
    expect(all.filter(([first]) => first === "taken")).toHaveLength(1);
    const ids = (await idsOf()).filter((id) => !id.startsWith("noise") && id !== "odd");
    expect(ids.sort()).toEqual(["f1", ...Array.from({ length: 10 }, (_, i) => `g${i}`)].sort());
  });
});

it("writes pools whose keys are as Java writes them", async () => {
  const java = await openBooks(redis.url, { poolKeys: "java" });
  expect(await java.codes.take("u", [code("f1")])).toEqual(["taken"]);
  expect(await redis.client.llen(javaPoolKey("u"))).toBe(1);
  await redis.client.set(javaPoolKey("v"), "text");
  await expect(java.codes.take("v", [code("f1")])).rejects.toThrow("\\xac\\xed");
  java.close();
});

it("writes pools under a prefix with a tag, and with a suffix", async () => {
  const tagged = await openBooks(redis.url, { poolPrefix: "{p}:", poolSuffix: ":codes" });
  expect(await tagged.codes.take("u", [code("f1")])).toEqual(["taken"]);
  expect((await redis.client.keys("*")).sort()).toEqual(["{p}:u:codes", "{p}:u:codes:seen"]);
  tagged.close();
});
