import { beforeEach, describe, expect, it } from "vitest";
import type { Grant } from "../../src/collector/ports.ts";
import { useTestRedis } from "../helpers/use-redis.ts";
import { DAY_MS, openBooks, useBooks } from "./books.ts";

const redis = useTestRedis();
const books = useBooks(redis, { consentCap: 20, maxAgeMs: 30 * DAY_MS, standing: new Set(["L"]) });
let nowMs: number;
beforeEach(async () => {
  nowMs = await redis.open.stores.pools.now();
});

const KEY = "mina:consent:{u}:T";
const SEEN = "mina:consent:{u}:seen";
const poolOf = (templateId: string) => redis.client.lrange(`mina:consent:{u}:${templateId}`, 0, -1);
const grant = (more: Partial<Grant> = {}) =>
  books.consents.grant({
    openId: "u",
    source: "event",
    key: "k1",
    when: { atMs: nowMs - 1000 },
    templateIds: ["T"],
    ...more,
  });
const report = (more: Partial<Grant> = {}) => grant({ source: "report", when: { ageMs: 1000 }, ...more });
const withdraw = (key: string, ...templateIds: string[]) =>
  books.consents.withdraw({ openId: "u", key, templateIds });
const pause = () => new Promise((resolve) => setTimeout(resolve, 3));

describe("a grant", () => {
  it("is written in the plain form, with an id made of its source and key, of the time when it was given", async () => {
    expect(await grant({ templateIds: ["T", "S"] })).toEqual(["taken", "taken"]);
    expect(await poolOf("T")).toEqual([`{"consent":"e:k1","at":${nowMs - 1000}}`]);
    expect(await poolOf("S")).toEqual(await poolOf("T"));
    expect(await redis.client.ttl(KEY)).toBe(-1);
    expect(await redis.client.ttl(SEEN)).toBeGreaterThan(86_000);
  });

  it.each(["a key with spaces", "é", "x".repeat(500), 'q"uote'])(
    "has an id that can be one: %s",
    async (key) => {
      expect(await grant({ key })).toEqual(["taken"]);
      expect(await grant({ key })).toEqual(["known"]);
      const [raw = ""] = await poolOf("T");
      expect(raw).toMatch(/^\{"consent":"e:[\w-]{43}","at":\d{13}\}$/);
    },
  );

  it("is kept under the id by which the platform knows it, once while it is there and after it was spent", async () => {
    expect(await report({ key: "8026", id: "8026" })).toEqual(["taken"]);
    expect(await report({ key: "8026", id: "8026" })).toEqual(["known"]);
    // Agreed to once more under the same id: they don't add up.
    expect(await report({ key: "again", id: "8026" })).toEqual(["known"]);
    expect(await poolOf("T")).toEqual([expect.stringMatching(/^\{"consent":"8026","at":\d{13}\}$/)]);
    await redis.client.del(KEY);
    await redis.client.hset("mina:consent:{u}:sends", "b1", "sent r 1 1764000000000 - 8026 - 1 0");
    expect(await report({ key: "third", id: "8026" })).toEqual(["known"]);
    expect(await report({ key: "fourth", id: "8027" })).toEqual(["taken"]);
    await expect(report({ id: 'a"b' })).rejects.toMatchObject({ kind: "usage" });
  });

  it("by its age is of that long ago by Redis' clock; one of the future is of now", async () => {
    await report({ key: "r1", when: { ageMs: 3_600_000 } });
    await grant({ when: { atMs: nowMs + DAY_MS } });
    const [past, now] = (await poolOf("T")).map((raw) => (JSON.parse(raw) as { at: number }).at);
    expect(past! - nowMs + 3_600_000).toBeGreaterThanOrEqual(0);
    expect(past! - nowMs + 3_600_000).toBeLessThan(60_000);
    expect(now! - nowMs).toBeLessThan(60_000);
  });

  it("is known when it is told again, also when its consent was used meanwhile, or nothing is remembered but the ledger", async () => {
    await grant();
    expect(await grant()).toEqual(["known"]);
    await redis.client.lpop(KEY);
    expect(await grant()).toEqual(["known"]);
    await redis.client.del(SEEN);
    await redis.client.hset("mina:consent:{u}:sends", "b1", "sent r1 1 1764000000000 - e:k1 m1 1 0");
    expect(await grant()).toEqual(["known"]);
    expect(await poolOf("T")).toEqual([]);
  });

  it("is known by its id in the pool when nothing is remembered, and still pairs", async () => {
    await grant();
    await redis.client.del(SEEN);
    expect(await grant()).toEqual(["known"]);
    expect(await report()).toEqual(["paired"]);
    expect(await poolOf("T")).toHaveLength(1);
  });

  it("is paired with what the other source told of the same prompt, and with nothing else", async () => {
    expect(await grant({ key: "a" })).toEqual(["taken"]);
    expect(await report({ key: "ra", templateIds: ["T", "S"] })).toEqual(["paired", "taken"]);
    expect(await report({ key: "rb" })).toEqual(["taken"]);
    expect(await report({ key: "rc", when: { ageMs: 900_000 } })).toEqual(["taken"]);
    expect(await grant({ key: "b" })).toEqual(["paired"]);
    expect(await grant({ key: "c", when: { atMs: nowMs - 899_000 } })).toEqual(["paired"]);
    expect(await grant({ key: "d", when: { atMs: nowMs - 899_000 } })).toEqual(["taken"]);
    expect(await poolOf("T")).toHaveLength(4);
  });

  it("counts once, however often and from both sources it is told at once", async () => {
    const all = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? grant() : report()));
    const fates = (await Promise.all(all)).flat();
    expect(fates.filter((fate) => fate === "taken")).toHaveLength(1);
    expect(fates.filter((fate) => fate === "paired")).toHaveLength(1);
    expect(await poolOf("T")).toHaveLength(1);
  });

  it("above the cap is refused, and taken when it is told again and there is room", async () => {
    for (let i = 0; i < 20; i++) await grant({ key: `k${i}` });
    expect(await grant({ key: "more" })).toEqual(["over_cap"]);
    await redis.client.lpop(KEY);
    expect(await grant({ key: "more" })).toEqual(["taken"]);
  });

  it("that is a day old is refused, and one beyond the maximum age", async () => {
    expect(await grant({ when: { atMs: nowMs - DAY_MS } })).toEqual(["expired"]);
    const strict = await openBooks(redis.url, { maxAgeMs: 60_000 });
    const when = { ageMs: 60_000 };
    const old = { openId: "u", source: "report" as const, key: "r", when, templateIds: ["T"] };
    expect(await strict.consents.grant(old)).toEqual(["expired"]);
    strict.close();
    expect(await redis.client.dbsize()).toBe(0);
  });

  it("of a long-term template stands, and one that is there is enough", async () => {
    expect(await grant({ templateIds: ["L", "T"] })).toEqual(["taken", "taken"]);
    expect(await poolOf("L")).toEqual([`{"consent":"e:k1","at":${nowMs - 1000},"standing":true}`]);
    expect(await grant({ key: "k2", templateIds: ["L", "T"] })).toEqual(["known", "taken"]);
    expect(await poolOf("L")).toHaveLength(1);
  });

  it.each([
    ["an openId with braces", { openId: "a}b" }],
    ["a template id that no key can have", { templateIds: ["a b"] }],
    ["a template called like a key beside the pools", { templateIds: ["seen"] }],
    ["a time that is none", { when: { atMs: Number.NaN } }],
  ])("is refused: %s", async (_, more) => {
    await expect(grant(more)).rejects.toMatchObject({ kind: "usage" });
    expect(await redis.client.dbsize()).toBe(0);
  });

  it("remembers a bounded number of things", async () => {
    const members = Array.from({ length: 1500 }, (_, i) => [nowMs - 60_000 - i, `e= T x${i}`]);
    await redis.client.zadd(SEEN, ...members.flat());
    await grant();
    expect(await redis.client.zcard(SEEN)).toBe(1000);
    expect(await grant()).toEqual(["known"]);
  });
});

describe("a withdrawal", () => {
  it("takes all consents, standing ones too, of its templates only", async () => {
    await grant({ templateIds: ["T", "L", "S"] });
    await grant({ key: "k2" });
    expect(await withdraw("w1", "T", "L", "R")).toEqual([2, 1, 0]);
    expect([await poolOf("T"), await poolOf("L")]).toEqual([[], []]);
    expect(await poolOf("S")).toHaveLength(1);
  });

  it("that is told again takes nothing that was given since", async () => {
    await grant();
    expect(await withdraw("w1", "T")).toEqual([1]);
    await pause();
    expect(await grant({ key: "k2", when: { ageMs: 0 } })).toEqual(["taken"]);
    expect(await withdraw("w1", "T")).toEqual([0]);
    expect(await poolOf("T")).toHaveLength(1);
    expect(await withdraw("w2", "T")).toEqual([1]);
  });

  it("makes what is told of a prompt before it add nothing, whichever source told of that first", async () => {
    await grant();
    await withdraw("w1", "T");
    expect(await report()).toEqual(["expired"]);
    expect(await grant()).toEqual(["known"]);
    expect(await grant({ key: "late" })).toEqual(["expired"]);
    expect(await poolOf("T")).toEqual([]);
  });

  it("leaves no mark that a prompt after it would pair with", async () => {
    await grant();
    await withdraw("w1", "T");
    await pause();
    expect(await report({ key: "r2", when: { ageMs: 0 } })).toEqual(["taken"]);
    const atMs = await redis.open.stores.pools.now();
    expect(await grant({ key: "k2", when: { atMs } })).toEqual(["paired"]);
    expect(await poolOf("T")).toHaveLength(1);
  });

  it("leaves others' bytes in place, and takes consents of every form, be they many", async () => {
    const others = ["not ours", "\xac\xed \xff", '{"consent":"x","at":1764000000000,"more":1}'];
    const theirs = '{ "at": 1764000000000, "consent": "theirs" }';
    for (const raw of [...others, theirs]) await redis.client.rpush(KEY, Buffer.from(raw, "latin1"));
    const many = Array.from({ length: 900 }, (_, i) => `{"consent":"c${i}","at":1764000000000}`);
    await redis.client.rpush(KEY, ...many);
    expect(await withdraw("w1", "T")).toEqual([901]);
    const left = await redis.client.lrangeBuffer(KEY, 0, -1);
    expect(left.map((bytes) => bytes.toString("latin1"))).toEqual(others);
    expect(await withdraw("w1", "T")).toEqual([0]);
  });

  it("of none of a user's templates asks nobody", async () => {
    expect(await withdraw("w1")).toEqual([]);
  });
});

describe("pools of other writers", () => {
  it("keep their bytes, count towards the cap, and are read in pieces", async () => {
    await redis.client.rpush(KEY, "not ours", '{ "at":1764000000000, "consent":"e:k0" }');
    expect(await grant({ key: "k0" })).toEqual(["known"]);
    expect(await grant({ templateIds: ["T", "S"] })).toEqual(["taken", "taken"]);
    expect(await grant({ templateIds: ["T", "S"] })).toEqual(["known", "known"]);
    const many = Array.from({ length: 1000 }, (_, i) => `{"consent":"c${i}","at":${nowMs}}`);
    await redis.client.rpush("mina:consent:{u}:R", ...many);
    expect(await grant({ key: "k9", templateIds: ["R", "S"] })).toEqual(["over_cap", "taken"]);
    expect((await poolOf("T")).slice(0, 2)).toEqual(["not ours", '{ "at":1764000000000, "consent":"e:k0" }']);
  });

  it("may hold a standing consent in another form", async () => {
    await redis.client.rpush("mina:consent:{u}:L", `{"standing":true, "at":${nowMs}, "consent":"theirs"}`);
    expect(await grant({ templateIds: ["L"] })).toEqual(["known"]);
  });

  it("may change all the time, and nothing is taken twice", async () => {
    await redis.client.rpush(KEY, "odd");
    let isOver = false;
    const noise = (async () => {
      for (let n = 0; !isOver; n++) {
        await redis.client.rpush(KEY, `noise ${n}`);
        await pause();
      }
    })();
    const fates = await Promise.all(Array.from({ length: 10 }, (_, i) => grant({ key: `k${i % 5}` })));
    isOver = true;
    await noise;
    expect(fates.flat().filter((fate) => fate === "taken")).toHaveLength(5);
    expect((await poolOf("T")).filter((raw) => raw.startsWith("{"))).toHaveLength(5);
  });

  it("of another type are named", async () => {
    await redis.client.set(KEY, "text");
    const named = { kind: "redis", message: expect.stringContaining(`'${KEY}'`) };
    await expect(grant()).rejects.toMatchObject(named);
    await expect(withdraw("w1", "T")).rejects.toMatchObject(named);
    await redis.client.del(KEY);
    await redis.client.set(SEEN, "text");
    const beside = { kind: "redis", message: expect.stringContaining(`'${SEEN}'`) };
    await expect(grant()).rejects.toMatchObject(beside);
    await expect(withdraw("w1", "T")).rejects.toMatchObject(beside);
  });
});

it("keeps receipts, each once", async () => {
  const receipt = {
    openId: "u",
    templateId: "T",
    msgid: "1864323726461255680",
    status: "delivered",
    atMs: nowMs,
  } as const;
  expect(await books.consents.receive(receipt)).toBe(true);
  expect(await books.consents.receive(receipt)).toBe(false);
});
