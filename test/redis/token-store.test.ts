import { expect, it } from "vitest";
import { useTestRedis } from "../helpers/use-redis.ts";

const KEY = "mina:access_token:wx-one";

const redis = useTestRedis();

function store() {
  return redis.open.tokens.store;
}

it("keeps a token raw, under a key with a TTL, one an appid", async () => {
  await store().save("wx-one", "token-1", 6_900_000);
  await store().save("wx-two", "token-2", 60_000);
  expect(await redis.client.get(KEY)).toBe("token-1");
  const ttl = await redis.client.pttl(KEY);
  expect(ttl).toBeGreaterThan(6_800_000);
  expect(ttl).toBeLessThanOrEqual(6_900_000);
  expect((await store().load("wx-two"))?.token).toBe("token-2");
});

it("loads a token with the time at which it lapses", async () => {
  const before = Date.now();
  await store().save("wx-one", "x".repeat(512), 60_000);
  const loaded = await store().load("wx-one");
  expect(loaded?.token).toBe("x".repeat(512));
  expect(loaded?.expiresAtMs).toBeGreaterThan(before + 50_000);
  expect(loaded?.expiresAtMs).toBeLessThanOrEqual(Date.now() + 60_000);
});

it("has no token when there is none, an empty one or one that lapsed", async () => {
  expect(await store().load("wx-one")).toBeUndefined();
  await redis.client.set(KEY, "", "PX", 60_000);
  expect(await store().load("wx-one")).toBeUndefined();
  await store().save("wx-one", "short", 1);
  while ((await redis.client.exists(KEY)) === 1);
  expect(await store().load("wx-one")).toBeUndefined();
});

it("takes a token that a backend stored without a TTL for one that lapses now", async () => {
  await redis.client.set(KEY, "from-backend");
  const loaded = await store().load("wx-one");
  expect(loaded?.token).toBe("from-backend");
  expect(loaded?.expiresAtMs).toBeLessThanOrEqual(Date.now());
});

it("reads a token that a backend stored", async () => {
  await redis.client.set(KEY, "from-backend", "EX", 7200);
  expect(await store().load("wx-one")).toMatchObject({ token: "from-backend" });
});

const TOKEN = "GOODTOKENGOODTOKEN";
const JAVA = (token: string) => `\xac\xed\x00\x05t\x00${String.fromCharCode(token.length)}${token}`;

it.each<[string, (token: string) => string]>([
  ["in quotes", (token) => `"${token}"`],
  ["as a JSON object", (token) => JSON.stringify({ access_token: token, appid: "wx-one" })],
  ["as PHP serializes", (token) => `s:${token.length}:"${token}";`],
  ["as Java serializes", JAVA],
  ["raw", (token) => token],
])("reads a token that a backend keeps %s, and writes the next one like that", async (_name, form) => {
  const raw = () => redis.client.getBuffer(KEY).then((value) => value?.toString("latin1"));
  await redis.client.set(KEY, Buffer.from(form(TOKEN), "latin1"), "EX", 7000);
  const own = store();
  expect(await own.load("wx-one")).toMatchObject({ token: TOKEN });
  expect(await own.save("wx-one", "the-next-one", 60_000)).toEqual({ overwrote: false });
  expect(await raw()).toBe(form("the-next-one"));
  // It has lapsed meanwhile.
  await redis.client.del(KEY);
  await own.save("wx-one", "the-third", 60_000);
  expect(await raw()).toBe(form("the-third"));
});

it("reads a token with a line end behind it", async () => {
  await redis.client.set(KEY, `${TOKEN}\n`, "EX", 7000);
  expect(await store().load("wx-one")).toMatchObject({ token: TOKEN });
});

it.each([
  ["JSON without a token", '{"a":1}'],
  ["JSON cut short", '{"access_token":"GOOD'],
  ["PHP's of another length", `s:3:"${TOKEN}";`],
  ["Java's cut short", JAVA(TOKEN).slice(0, -1)],
  ["another object of Java's", "\xac\xed\x00\x05sr\x00"],
  ["two words", "GOOD TOKEN"],
])("takes what can't be a token for none, and says so when it is overwritten: %s", async (_name, value) => {
  await redis.client.set(KEY, Buffer.from(value, "latin1"), "EX", 7000);
  const own = store();
  expect(await own.load("wx-one")).toBeUndefined();
  expect(await own.save("wx-one", TOKEN, 60_000)).toEqual({ overwrote: true });
  expect(await redis.client.get(KEY)).toBe(TOKEN);
});

it.each([0, -5, 0.4, 1234.7])("saves a lifetime of %d ms as one that Redis takes", async (ttlMs) => {
  await store().save("wx-one", "t", ttlMs);
  expect(await redis.client.pttl(KEY)).toBeLessThanOrEqual(1234);
});

it("says what is wrong when the key holds another type", async () => {
  await redis.client.rpush(KEY, "x");
  await expect(store().load("wx-one")).rejects.toMatchObject({
    kind: "redis",
    message: expect.stringContaining(KEY),
    hint: "check --key-prefix",
  });
});
