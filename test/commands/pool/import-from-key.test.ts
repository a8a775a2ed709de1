import { describe, expect, it } from "vitest";
import { HOUR_MS, useWorld } from "../world.ts";

/* `--from-key`: what stands around the openId in the keys of other layouts. */

const world = useWorld();
const LATER = Math.floor(Date.now() / 1000) * 1000 + 50 * HOUR_MS;
const entry = (formId: string) => JSON.stringify({ formId, expire: LATER });
const OPEN_ID = "oA_b-C1";

const importFrom = (...argv: string[]) => world.cli(["pool", "import", "--json", "--from", ...argv]);

/** As a RedisTemplate writes it. */
function toJavaKey(text: string): Buffer {
  return Buffer.concat([Buffer.from([0xac, 0xed, 0, 5, 0x74, 0, text.length]), Buffer.from(text)]);
}

describe("the openId is told from a key that has", () => {
  it.each([
    ["a user name behind it", "formId:%:*", `formId:${OPEN_ID}:alice`],
    ["a user name with everything in it", "formId:%:*", `formId:${OPEN_ID}:al:i ce#%*`],
    ["a suffix alone", "%#formId", `${OPEN_ID}#formId`],
    ["a hash tag", "{%}", `{${OPEN_ID}}`],
    ["a tag and a suffix", "forms:{%}:x", `forms:{${OPEN_ID}}:x`],
    ["something before it", "*:%", `app:3:${OPEN_ID}`],
    ["quotes around it all", '"formId:%"', `"formId:${OPEN_ID}"`],
    ["letters behind it", "user_%_form_ids", `user_${OPEN_ID}_form_ids`],
    ["what is special in patterns and expressions", "f[1]?(^$)\\%.]", `f[1]?(^$)\\${OPEN_ID}.]`],
  ])("%s: %s", async (_, pattern, key) => {
    const { client } = world.redis;
    await client.zadd(key, LATER, "fA");
    if (!/^[%*]/.test(pattern)) await client.zadd(`other${key}`, LATER, "fB");
    const plain = await importFrom("zset", "--from-key", pattern);
    expect(plain.json()).toMatchObject({ keys: 1, imported: 1 });
    expect(await world.redis.entries(OPEN_ID)).toEqual([entry("fA")]);
    await client.zadd(toJavaKey(key), LATER, "fC");
    const java = await importFrom("zset", "--from-key", pattern, "--from-keys", "java");
    expect(java.json()).toMatchObject({ keys: 1, imported: 1 });
    expect(await world.redis.entries(OPEN_ID)).toEqual([entry("fA"), entry("fC")]);
  });
});

it("a key that could be read in two ways, or in none, is a bad value", async () => {
  const { client } = world.redis;
  await client.rpush("f_oA_1", entry("good"));
  await client.rpush("f_oA_b_1", entry("two ways"));
  await client.rpush(Buffer.from([...Buffer.from("f_"), 0xff, ...Buffer.from("_1")]), entry("no text"));
  const { code, stderr, json } = await importFrom("list", "--from-key", "f_%_*");
  expect(code).toBe(8);
  expect(json()).toMatchObject({ keys: 3, values: 3, imported: 1, bad: 2 });
  expect(stderr).toContain("key 'f_oA_b_1': it has no recognizable openId\n");
  expect(stderr).toContain("key 'f_\\xff_1': it has no recognizable openId\n");
  expect(await world.redis.pools()).toEqual({ "mina:openid:oA": [entry("good")] });
});

it("finds nothing, and says under which pattern", async () => {
  const { code, stderr } = await world.cli(["pool", "import", "--from", "set", "--from-key", "%#formId"]);
  expect(code).toBe(3);
  expect(stderr).toContain("no set found under a key '%#formId'\n");
  expect(stderr).toContain("hint: check --from-key and --from-redis-url");
});

it("without one, what --pool-key says of the pools goes for another form of keys", async () => {
  await world.redis.client.rpush(toJavaKey("forms:{oA}"), entry("a"));
  const { json } = await importFrom("list", "--from-keys", "java", "--pool-key", "forms:{%}");
  expect(json()).toMatchObject({ keys: 1, imported: 1, bad: 0 });
  expect(await world.redis.client.lrange("forms:{oA}", 0, -1)).toEqual([entry("a")]);
});

it.each([
  ["forms:", "must contain exactly one % for the openId"],
  ["%:%", "must contain exactly one % for the openId"],
  ["", "must contain exactly one % for the openId"],
  ["%", "would match all keys"],
  ["*%*", "would match all keys"],
  ["forms:%*", "does not tell where the openId begins and ends"],
  ["*%:forms", "does not tell where the openId begins and ends"],
])("refuses %j", async (pattern, problem) => {
  const { code, stderr } = await world.cli(["pool", "import", "--from", "list", "--from-key", pattern]);
  expect([code, stderr]).toEqual([2, expect.stringContaining(`--from-key: "${pattern}" ${problem}\nhint: `)]);
});

it("excludes --from-prefix, and needs --from", async () => {
  const both = ["--from", "list", "--from-key", "f:%", "--from-prefix", "f:"];
  expect((await world.cli(["pool", "import", ...both])).stderr).toContain(
    "--from-key and --from-prefix can't be used together",
  );
  expect((await world.cli(["pool", "import", "--from-key", "f:%"])).stderr).toContain("--from is missing");
});
