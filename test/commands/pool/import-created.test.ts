import { describe, expect, it } from "vitest";
import { HOUR_MS, useWorld } from "../world.ts";

const world = useWorld();
const NOW = Math.floor(Date.now() / 1000) * 1000;
const LATER = NOW + 50 * HOUR_MS;
const DAY_MS = 24 * HOUR_MS;
const entry = (formId: string, expire = LATER) => JSON.stringify({ formId, expire });
const HEX = "0123456789abcdef0123456789abcdef";

const from = (layout: string, ...flags: string[]) =>
  world.cli(["pool", "import", "--from", layout, "--from-prefix", "src:", "--json", ...flags]);

describe("--from hash", () => {
  it.each<[string, string, string, string]>([
    ["an entry as the value", "any field", entry("a"), entry("a")],
    ["a value without a formId", HEX, `{"expire":${LATER},"userId":7}`, entry(HEX)],
    ["a time as the value", "f1", String(LATER), entry("f1")],
    ["a time in seconds as the value", HEX, String(LATER / 1000), entry(HEX)],
    ["a time as the field", String(LATER), HEX, entry(HEX)],
    ["a formId of 13 digits and its time", "1539741992524", String(LATER), entry("1539741992524")],
  ])("takes %s", async (_, field, value, expected) => {
    await world.redis.client.hset("src:oA", field, value);
    const result = await from("hash");
    expect([result.code, result.json()]).toEqual([
      0,
      expect.objectContaining({ keys: 1, values: 1, imported: 1 }),
    ]);
    expect(await world.redis.entries("oA")).toEqual([expected]);
  });

  it("takes a formId for as long as the key lives, from the side that is surely one", async () => {
    const { client } = world.redis;
    await client.hset("src:oA", HEX, "1", "2", `${HEX}b`);
    await client.expire("src:oA", 3600);
    expect((await from("hash")).json()).toMatchObject({ values: 2, imported: 2, bad: 0 });
    const formIds = (await world.redis.entries("oA")).map((text) => JSON.parse(text).formId);
    expect(formIds.sort()).toEqual([HEX, `${HEX}b`]);
  });

  it.each([
    ["x", "y", "neither the field 'x' nor its value 'y' is clearly a code"],
    ["3", "1539741992524", "neither the field '3' nor its value '153974...' (13 bytes) is clearly a code"],
    [HEX, `${HEX}b`, "is clearly a code"],
    [HEX, "1", "has no expiry, and its key has no TTL"],
    [HEX, '{"expire":"tomorrow"}', "no code in '{\"expi...'"],
    [HEX, '{"expire":604800,"createTime":1568000000}', "no code in"],
  ])("does not guess: %s, %s", async (field, value, why) => {
    await world.redis.client.hset("src:oA", field, value);
    const { code, stderr } = await from("hash");
    expect([code, stderr]).toEqual([8, expect.stringContaining(why)]);
    expect(await world.redis.entries("oA")).toEqual([]);
  });

  it("reads a long one to its end", async () => {
    const fields = Array.from({ length: 3000 }, (_, i) => [`f${i}`, LATER] as const);
    await world.redis.client.hset("src:oA", Object.fromEntries(fields));
    expect((await from("hash")).json()).toMatchObject({ imported: 3000 });
  });
});

describe("--from set", () => {
  it("takes entries, and formIds for as long as the key lives", async () => {
    const { client } = world.redis;
    await client.sadd("src:oA", entry("a"), entry("b"));
    await client.sadd("src:oB", ...Array.from({ length: 2000 }, (_, i) => `f${i}`));
    await client.expire("src:oB", 3600);
    expect((await from("set")).json()).toMatchObject({ keys: 2, values: 2002, imported: 2002 });
    expect((await world.redis.entries("oA")).sort()).toEqual([entry("a"), entry("b")]);
    expect(await world.redis.entries("oB")).toHaveLength(2000);
  });
});

describe("--lifetime", () => {
  const created = NOW - DAY_MS;
  const expected = (formId: string) => entry(formId, created + 7 * DAY_MS);

  it.each(["createTime", "created_at", "cerateTime", "ctime", "timestamp", "CreatedAt", "gmt_create"])(
    "counts from %s, which alone makes no code",
    async (name) => {
      const value = JSON.stringify({ [name]: created, formId: "1539741992524", userId: 1400 });
      await world.redis.client.hset("src:oA", "1539741992524", value);
      const without = await from("hash");
      expect([without.code, without.json()]).toEqual([8, expect.objectContaining({ imported: 0, bad: 1 })]);
      expect(without.stderr).toContain("'153974...' (13 bytes) has a creation time but no expiry");
      expect(without.stderr).toContain("hint: with --lifetime 7d each code is valid for 7 days");
      expect((await from("hash", "--lifetime", "7d")).code).toBe(0);
      expect(await world.redis.entries("oA")).toEqual([expected("1539741992524")]);
    },
  );

  it("counts from an ISO time, from seconds, and leaves an expiry as it is", async () => {
    const list = [
      { formId: "iso", createTime: new Date(created).toISOString() },
      { formId: "sec", createTime: created / 1000, uses: 3 },
      { formId: "own", createTime: created, expire: LATER },
    ].map((one) => JSON.stringify(one));
    await world.redis.client.rpush("src:oA", ...list);
    expect((await from("list", "--lifetime", "7d")).json()).toMatchObject({ imported: 3 });
    expect(await world.redis.entries("oA")).toEqual([
      expected("iso"),
      JSON.stringify({ formId: "sec", expire: created + 7 * DAY_MS, uses: 3 }),
      entry("own"),
    ]);
  });

  it("counts from scores, and says when scores look like times of creation", async () => {
    await world.redis.client.zadd("src:oA", created, "c1", NOW - HOUR_MS, "c2");
    const without = await from("zset");
    expect([without.code, without.json()]).toEqual([8, expect.objectContaining({ imported: 0, expired: 2 })]);
    expect(without.stderr).toContain("they look like creation times (2 scores)\nhint: with --lifetime 7d ");
    const { code, stderr } = await from("zset", "--lifetime", "160h");
    expect(code).toBe(0);
    expect(stderr).not.toContain("--lifetime");
    expect(await world.redis.entries("oA")).toEqual([
      entry("c1", created + 160 * HOUR_MS),
      entry("c2", NOW + 159 * HOUR_MS),
    ]);
  });

  it.each([
    ["a score in the future", [LATER, "a", created, "b"]],
    ["all scores long ago", [NOW - 8 * DAY_MS, "a"]],
  ])("is not advised for %s", async (_, members) => {
    await world.redis.client.zadd("src:oA", ...(members as [number, string]));
    const { code, stderr } = await from("zset");
    expect(code).toBe(0);
    expect(stderr).not.toContain("creation");
  });

  it("takes no time in the future for one of creation", async () => {
    await world.redis.client.zadd("src:oA", LATER, "a");
    const { code, stderr } = await from("zset", "--lifetime", "7d");
    expect([code, stderr]).toEqual([8, expect.stringContaining("'a' has a creation time in the future: 2")]);
  });

  it.each([
    ["7", "has no unit"],
    ["604800", "has no unit"],
    ["8d", "is out of range"],
    ["0d", "is out of range"],
    ["a week", "is not a duration"],
  ])("is refused: %s", async (text, why) => {
    const argv = ["pool", "import", "--from", "zset", "--from-prefix", "src:", "--lifetime", text];
    const { code, stderr } = await world.cli(argv);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`--lifetime: "${text}" ${why}`)]);
  });

  it("is for Redis alone", async () => {
    const { code, stderr } = await world.cli(["pool", "import", "--lifetime", "7d"], { stdin: "" });
    expect([code, stderr]).toEqual([2, expect.stringContaining("--from is missing")]);
  });
});

describe("an openId", () => {
  it.each(["zset", "list", "hash", "set", "string"])("ends at the colon behind it: %s", async (layout) => {
    const { client } = world.redis;
    const key = "src:oA:12:alice";
    if (layout === "zset") await client.zadd(key, LATER, "a");
    if (layout === "list") await client.rpush(key, entry("a"));
    if (layout === "hash") await client.hset(key, "a", LATER);
    if (layout === "set") await client.sadd(key, entry("a"));
    if (layout === "string") await client.set(key, entry("a"));
    const { code, stderr } = await from(layout);
    expect(code).toBe(0);
    expect(await world.redis.pools()).toEqual({ "mina:openid:oA": [entry("a")] });
    const told = "in 1 value the openId was assumed to end at the ':', for example 'oA' of 'src:oA:12:alice'";
    expect(stderr.includes(told)).toBe(layout !== "string");
  });

  it("is none where nothing stands before the colon", async () => {
    await world.redis.client.rpush("src::oA", entry("a"));
    const { code, stderr } = await from("list");
    expect([code, stderr]).toEqual([8, expect.stringContaining("it has no recognizable openId")]);
  });
});
