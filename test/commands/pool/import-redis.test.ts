import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTestRedis, type TestRedis } from "../../helpers/redis.ts";
import { javaEntry, javaEntryAt } from "../../pool/java/forms.ts";
import { HOUR_MS, useWorld } from "../world.ts";
import { expectTotals, type Totals } from "./import-totals.ts";

const world = useWorld();
const LATER = Math.floor(Date.now() / 1000) * 1000 + 50 * HOUR_MS;
const entry = (formId: string, expire = LATER) => JSON.stringify({ formId, expire });
const latin1 = (text: string) => Buffer.from(text, "latin1");

async function importFrom(argv: string[], expected: Partial<Totals>, env: Record<string, string> = {}) {
  const result = await world.cli(["pool", "import", "--json", "--from", ...argv], { env });
  return expectTotals(result, { keys: 0, values: 0, ...expected });
}

/** All keys but the pools, as DUMP has them. */
async function sourceOf(redis: TestRedis): Promise<Record<string, string>> {
  const dumps: Record<string, string> = {};
  const keys = (await redis.client.callBuffer("KEYS", "*")) as Buffer[];
  for (const key of keys.filter((name) => !name.toString().startsWith("mina:openid:"))) {
    dumps[key.toString("latin1")] = ((await redis.client.callBuffer("DUMP", key)) as Buffer).toString("hex");
  }
  return dumps;
}

/*
 * The layouts, as redis commands: what a backend in PHP, Java or Go sends.
 */

describe("--from zset: formIds, scored by their expiry", () => {
  it.each([
    ["milliseconds", LATER],
    ["seconds", LATER / 1000],
  ])("in %s", async (_, score) => {
    await world.redis.client.zadd("formids:oA", score, "a", score + 1000, "b");
    await importFrom(["zset", "--from-prefix", "formids:"], { keys: 1, values: 2, imported: 2 });
    const later = score === LATER ? LATER + 1000 : LATER + 1_000_000;
    expect(await world.redis.entries("oA")).toEqual([entry("a"), entry("b", later)]);
  });

  it("that a serializer quoted, or that are expired, garbage, or scored by no time", async () => {
    const { client } = world.redis;
    await client.zadd("z:oA", LATER, '"quoted"', 1568000000, "old", LATER, "the formId is a mock one");
    await client.zadd("z:oA", LATER, latin1(javaEntry("a formId in a String")), "inf", "never");
    await client.zadd("z:oA", LATER + 1, entry("own", LATER + 7));
    const before = await sourceOf(world.redis);
    const { stderr } = await importFrom(["zset", "--from-prefix", "z:"], {
      keys: 1,
      values: 6,
      imported: 3,
      expired: 1,
      bad: 2,
    });
    expect(stderr).toContain("key 'z:oA': no code in 'the fo...' (24 bytes)");
    expect(stderr).toContain("key 'z:oA': 'never' has the score Infinity, which is not a time");
    const formIds = (await world.redis.entries("oA")).map((text) => JSON.parse(text));
    expect(formIds).toEqual(
      [
        { formId: "quoted", expire: LATER },
        { formId: "a1b2c3", expire: LATER },
        { formId: "own", expire: LATER + 7 },
      ].sort(
        (a, b) =>
          formIds.findIndex((c) => c.formId === a.formId) - formIds.findIndex((c) => c.formId === b.formId),
      ),
    );
    expect(await sourceOf(world.redis)).toEqual(before);
  });
});

describe("--from string", () => {
  const isNearly = (expire: number, ms: number) => expect(Math.abs(expire - ms)).toBeLessThan(5000);

  it("takes a formId for as long as the key lives, one key a user or several", async () => {
    const { client } = world.redis;
    await client.set("formid:oA", "a", "PX", 50 * HOUR_MS);
    await client.set("formid:oB:1", "b1", "EX", 3600);
    await client.set("formid:oB:2", '"b2"', "EX", 7200);
    await importFrom(["string", "--from-prefix", "formid:"], { keys: 3, values: 3, imported: 3 });
    const [a] = (await world.redis.entries("oA")).map((text) => JSON.parse(text));
    expect(a.formId).toBe("a");
    isNearly(a.expire, Date.now() + 50 * HOUR_MS);
    const ofB = (await world.redis.entries("oB")).map((text) => JSON.parse(text));
    expect(ofB.map(({ formId }) => formId).sort()).toEqual(["b1", "b2"]);
  });

  it.each([
    ["JSON", `[${entry("a")},${entry("b")}]`],
    ["typed JSON", `["java.util.ArrayList",[["c.F",${entry("a")}],["c.F",${entry("b")}]]]`],
    ["JSON in JSON", JSON.stringify(`[${entry("a")},${entry("b")}]`)],
  ])("takes a whole list in %s", async (_, value) => {
    await world.redis.client.set("mina:openId:oA", value);
    await importFrom(["string", "--from-prefix", "mina:openId:"], { keys: 1, values: 2, imported: 2 });
    expect(await world.redis.entries("oA")).toEqual([entry("a"), entry("b")]);
  });

  it("takes a whole list that Java serialized, of codes or of formIds", async () => {
    const { client } = world.redis;
    await client.set("f:oA", latin1(javaEntryAt("a list of codes", LATER)));
    await client.set("f:oB", latin1(javaEntry("a list of formIds")), "EX", 3600);
    await client.set("f:oC", latin1(javaEntryAt("a fixed list of codes", LATER)));
    await importFrom(["string", "--from-prefix", "f:"], { keys: 3, values: 5, imported: 4, expired: 1 });
    expect((await world.redis.entries("oB")).length).toBe(2);
  });

  it("reports what has no expiry, is no code, or is too long, and does not print what may be a secret", async () => {
    const { client } = world.redis;
    const secret = `99_${"s3cret".repeat(25)}`;
    await client.set("f:oA", "a");
    await client.set("f:oB", secret, "EX", 3600);
    await client.set("f:oC", JSON.stringify({ access_token: secret }));
    await client.set("f:oD", "x".repeat(70_000), "EX", 3600);
    await client.set("f:o E", "e", "EX", 3600);
    await client.set("f:oF", "[]");
    await client.set("f:oH", '[{"a":1},{"b":2},3]');
    await client.set("f:oG", "good", "EX", 3600);
    const { stderr } = await importFrom(["string", "--from-prefix", "f:"], {
      keys: 8,
      values: 8,
      imported: 1,
      bad: 7,
    });
    const told = stderr.trim().split("\n").sort();
    expect(told).toEqual([
      "1 of 1 code for openIds that don't look like WeChat's (28 letters, digits, _ and -), such as 'oG' (key 'f:oG')",
      "hint: valid codes were imported; the source was not modified",
      "key 'f:o E': it has no recognizable openId",
      "key 'f:oA': 'a' has no expiry, and its key has no TTL",
      "key 'f:oB': no code in '99_s3c...' (153 bytes)",
      `key 'f:oC': no code in '{"acce...' (172 bytes)`,
      "key 'f:oD': a value of more than 65536 bytes",
      "key 'f:oF': no code in '[]'",
      `key 'f:oH': no code in '[{"a":...' (19 bytes)`,
    ]);
  });
});

describe("--from list", () => {
  it("takes entries of every form under another prefix, in order, also from a long list", async () => {
    const { client } = world.redis;
    const many = Array.from({ length: 1200 }, (_, i) => entry(`f${i}`));
    await client.rpush("mina:openId:oA", ...many);
    await client.rpush(
      "mina:openId:oB",
      `{"@class":"c.F","form_id":"b1","expireTime":${LATER / 1000}}`,
      latin1(javaEntryAt("a boxed long", LATER)),
      `[${entry("b2")},{"formId":"wx20261123120000x1","expire":${LATER},"uses":3}]`,
      entry("old", 1568000000),
      latin1(javaEntry("an own writeObject")),
    );
    const before = await sourceOf(world.redis);
    const flags = ["list", "--from-prefix", "mina:openId:"];
    const { stderr } = await importFrom(flags, { keys: 2, values: 1206, imported: 1204, expired: 1, bad: 1 });
    expect(stderr).toContain("key 'mina:openId:oB': no code in Java serialization (62 bytes)");
    expect(await world.redis.entries("oA")).toEqual(many);
    expect(await world.redis.entries("oB")).toEqual([
      entry("b1"),
      entry("a1b2c3"),
      entry("b2"),
      `{"formId":"wx20261123120000x1","expire":${LATER},"uses":3}`,
    ]);
    await importFrom(flags, { keys: 2, values: 1206, known: 1204, expired: 1, bad: 1 });
    expect(await sourceOf(world.redis)).toEqual(before);
  });

  it("takes bare formIds for as long as the key lives, and a prefix to the letter", async () => {
    await world.redis.client.rpush("{a}{b}[f]*:oA", "a", '"b"', "1568123456789");
    await world.redis.client.expire("{a}{b}[f]*:oA", 3600);
    await importFrom(["list", "--from-prefix", "{a}{b}[f]*:"], { keys: 1, values: 3, imported: 3 });
  });

  it("finds keys that Java serialized, under the pools' own prefix", async () => {
    const key = latin1(javaEntry("a key"));
    await world.redis.client.rpush(key, latin1(javaEntryAt("a boxed long", LATER)));
    await world.redis.client.rpush(latin1("\xac\xed\x00\x05t\x00\x0fmina:openid:oA"), entry("cut off"));
    const { stderr } = await importFrom(["list", "--from-keys", "java"], {
      keys: 2,
      values: 2,
      imported: 1,
      bad: 1,
    });
    expect(stderr).toContain("\\xac\\xed\\x00\\x05t\\x00\\x0fmina:openid:oA': it has no recognizable openId");
    expect(await world.redis.pools()).toEqual({ "mina:openid:oAlice": [entry("a1b2c3")] });
  });
});

describe("from another Redis", () => {
  let other: TestRedis;
  beforeAll(async () => {
    other = await startTestRedis();
  });
  beforeEach(async () => {
    await other.client.flushall();
  });
  afterAll(() => other.stop());

  it("reads the pools' prefix there, by flag or variable, and leaves it as it is", async () => {
    await other.push("oA", entry("a"), entry("b"));
    const before = await other.pools();
    await importFrom(["list", "--from-redis-url", other.url], { keys: 1, values: 2, imported: 2 });
    await importFrom(["list"], { keys: 1, values: 2, known: 2 }, { PUSH_CLI_FROM_REDIS_URL: other.url });
    expect(await world.redis.pools()).toEqual(before);
    expect(await other.pools()).toEqual(before);
  });

  it("warns of a password on the command line", async () => {
    const url = "redis://:hunter2@127.0.0.1:1";
    const args = ["pool", "import", "--from", "list", "--from-redis-url", url];
    const { stderr } = await world.cli(args);
    expect(stderr).toContain("warning: --from-redis-url contains a password");
    expect(stderr).not.toContain("hunter2");
    const { stderr: quiet } = await world.cli(args.slice(0, 4), { env: { PUSH_CLI_FROM_REDIS_URL: url } });
    expect(quiet).not.toContain("warning");
  });

  it("never shows the password of a URL", async () => {
    for (const url of ["redis://:hunter2@127.0.0.1:1", "redis://u:hunter2@127.0.0.1:1/x"]) {
      const { code, stdout, stderr } = await world.cli(["pool", "import", "--from", "list"], {
        env: { PUSH_CLI_FROM_REDIS_URL: url },
      });
      expect([5, 6]).toContain(code);
      expect(stdout + stderr).not.toContain("hunter2");
      expect(stderr).toContain("***");
      expect(stderr).not.toMatch(/ --redis-url|PUSH_CLI_REDIS_URL/);
    }
  });
});

describe("is refused", () => {
  it.each([
    ["a file besides", ["codes.csv", "--from", "list", "--from-prefix", "x:"], "'codes.csv'"],
    ["no prefix", ["--from", "list"], "--from-prefix is missing"],
    ["an empty prefix", ["--from", "list", "--from-prefix", ""], "--from-prefix"],
    ["no layout", ["--from-prefix", "x:"], "--from is missing"],
    ["an unknown layout", ["--from", "stream"], "stream"],
    ["an unknown form of keys", ["--from", "list", "--from-keys", "php"], "php"],
    ["no URL", ["--from", "list", "--from-redis-url", "nonsense"], '--from-redis-url: "nonsense"'],
  ])("%s", async (_, argv, words) => {
    const { code, stderr } = await world.cli(["pool", "import", ...argv]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
  });
});

it("says so when there is nothing of the layout under the prefix, and exits 3", async () => {
  await world.redis.client.set("x:oA", "a");
  const { code, stderr } = await world.cli(["pool", "import", "--from", "zset", "--from-prefix", "x:"]);
  expect([code, stderr]).toEqual([
    3,
    expect.stringContaining("no sorted set found under a key 'x:*'\nhint: "),
  ]);
});

it("sums up in a line for a person, and in rows for a pipe", async () => {
  await world.redis.client.zadd("z:oA", LATER, "a");
  const argv = ["pool", "import", "--from", "zset", "--from-prefix", "z:"];
  expect((await world.screen(argv)).stdout).toBe(
    "1 key, 1 code imported, 0 already there, 0 expired, 0 bad values\n",
  );
  expect((await world.cli(argv)).stdout).toBe(
    "keys\t1\nvalues\t1\nimported\t0\nknown\t1\nused\t0\nexpired\t0\nbad\t0\noverlong\t0\noddOpenIds\t1\ndryRun\tfalse\n",
  );
});
