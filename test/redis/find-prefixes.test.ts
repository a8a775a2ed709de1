import { expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { openStores } from "../../src/redis/stores.ts";
import { cliEnv, runCli } from "../helpers/cli.ts";
import { startTestCluster } from "../helpers/cluster.ts";
import { javaPoolKey, plainEntry } from "../helpers/redis.ts";
import { readRights } from "../helpers/rights.ts";
import { useTestRedis } from "../helpers/use-redis.ts";
import { JAVA_ENTRY } from "../pool/forms.ts";
import { FAR, PAST } from "./seed.ts";

/* Where pools may be, for who looks for them in the wrong place. */

const redis = useTestRedis();

const find = () => redis.open.stores.pools.findPrefixes();

async function give(prefix: string, users: number, ...entries: string[]): Promise<void> {
  const batch = redis.client.pipeline();
  for (let i = 0; i < users; i++) batch.rpush(`${prefix}o${i}`, ...entries);
  await batch.exec();
}

it("finds nothing in an empty database, and says that this was all", async () => {
  expect(await find()).toEqual({ own: false, found: [], looked: undefined });
});

it("finds the prefixes of lists with codes, the most keys first, three at most", async () => {
  await give("mina:openId:", 30, plainEntry("a", FAR));
  await give("old/", 20, JAVA_ENTRY, plainEntry("a", PAST));
  await give("app:{tag}:", 5, `[${plainEntry("a", FAR)}]`);
  await give("few:", 2, plainEntry("a", FAR));
  await give("jobs:", 90, "not a code");
  await give("queue", 90, plainEntry("a", FAR));
  await redis.client.set("strings:o1", plainEntry("a", FAR));
  await redis.client.rpush("pools:{o1}", plainEntry("a", FAR));
  expect(await find()).toEqual({
    own: false,
    found: [
      { prefix: "mina:openId:", form: "plain", keys: 30 },
      { prefix: "old/", form: "plain", keys: 20 },
      { prefix: "app:{tag}:", form: "plain", keys: 5 },
    ],
    looked: undefined,
  });
});

it("tells serialized keys from plain ones, and of its own only that there are some", async () => {
  await redis.client.rpush(javaPoolKey("oA"), plainEntry("a", FAR));
  expect(await find()).toMatchObject({
    own: false,
    found: [{ prefix: "mina:openid:", form: "java", keys: 1 }],
  });
  await redis.push("oA", "no code at all");
  expect(await find()).toEqual({ own: true, found: [], looked: undefined });
});

it("looks at a bounded number of keys, and of lists", async () => {
  const batch = redis.client.pipeline();
  for (let i = 0; i < 30_000; i++) batch.set(`s:${i}`, "x");
  for (let i = 0; i < 3000; i++) batch.rpush(`l${i % 300}:o${i}`, "x", plainEntry("a", FAR));
  await batch.exec();
  await redis.client.config("RESETSTAT");
  const { found, looked } = await find();
  expect(looked).toBe(10_000);
  expect(found).toHaveLength(3);
  for (const { keys } of found) expect(keys).toBeLessThanOrEqual(10);
  await give("jobs:", 300, "x");
  await redis.client.config("RESETSTAT");
  await find();
  const stats = await redis.client.info("commandstats");
  const calls = (name: string) =>
    Number(new RegExp(`^cmdstat_${name}:calls=(\\d+)`, "m").exec(stats)?.[1] ?? 0);
  expect(calls("scan")).toBe(20);
  expect(calls("lrange")).toBeLessThanOrEqual(100);
});

it("looks at every master of a cluster", async () => {
  const cluster = await startTestCluster({ replicas: false });
  try {
    const keys = Array.from({ length: 60 }, (_, i) => `other:o${i}`);
    const where = { redisUrl: cluster.url, shownUrl: cluster.url, clock: systemClock };
    const other = await openStores({ keyPrefix: "mina:", poolPrefix: "other:", ...where });
    const codes = [{ formId: "a", entry: plainEntry("a", FAR) }];
    await other.stores.pools.push(keys.map((_, i) => ({ openId: `o${i}`, codes })));
    other.close();
    const open = await openStores({ keyPrefix: "mina:", poolPrefix: "mina:openid:", ...where });
    expect(await open.stores.pools.findPrefixes()).toEqual({
      own: false,
      found: [{ prefix: "other:", form: "plain", keys: 60 }],
      looked: undefined,
    });
    open.close();
  } finally {
    await cluster.stop();
  }
});

it("hides no error behind rights that it has not got", async () => {
  await redis.client.call("ACL", "SETUSER", ...readRights());
  await give("other:", 3, plainEntry("a", FAR));
  const env = cliEnv(redis.url.replace("redis://", "redis://pushcli:password@"));
  for (const argv of [
    ["pool", "list"],
    ["pool", "stats"],
    ["pool", "show", "oA"],
    ["purge"],
    ["broadcast", "t", "--yes", "--no-keywords"],
  ]) {
    const { code, stderr } = await runCli(argv, { env });
    expect([argv, code, stderr]).toEqual([
      argv,
      3,
      expect.stringMatching(/^error: no pool .*\nhint: check --redis-url and --pool-prefix; .*\n$/),
    ]);
  }
});
