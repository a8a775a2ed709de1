import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { systemClock } from "../../../src/clock.ts";
import { parseTokenStore } from "../../../src/config/token-store.ts";
import { type OpenStores, openStores } from "../../../src/redis/stores.ts";
import type { TokenMode } from "../../../src/token/ports.ts";
import { startTestRedis, type TestRedis } from "../../helpers/redis.ts";
import { APPID, DIGEST, SECRET, VALUES } from "./values.ts";

let redis: TestRedis;
let opened: OpenStores[];
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  opened = [];
  await redis.client.flushall();
});
afterEach(() => {
  for (const each of opened) each.close();
});

async function open(name: string, mode: TokenMode = "stable", appsecret: string | undefined = SECRET) {
  const stores = await openStores({
    keyPrefix: "mina:",
    poolPrefix: "mina:openid:",
    redisUrl: redis.url,
    shownUrl: redis.url,
    clock: systemClock,
    tokenStore: parseTokenStore(name),
    tokenMode: mode,
    appid: APPID,
    appsecret,
  });
  opened.push(stores);
  return stores.tokens.store;
}

const raw = (key: string) => redis.client.getBuffer(key).then((value) => value?.toString("latin1"));
const put = (key: string, value: string) => redis.client.set(key, Buffer.from(value, "latin1"), "EX", 7000);

const TOKEN = "88_GOODTOKENGOODTOKENGOODTOKEN";
const NEXT = "89_NEXTTOKENNEXTTOKEN";

interface Layout {
  name: string;
  mode?: TokenMode;
  key: string;
  value: (token: string) => string;
  next?: (token: string) => string;
}

const POWERWECHAT = `powerwechat.access_token.${DIGEST}`;
const LAYOUTS: Layout[] = [
  { name: "wxjava", key: `wa:access_token:${APPID}`, value: VALUES.wxjava },
  { name: "wxjava=shop:wx", key: `shop:wx:access_token:${APPID}`, value: VALUES.wxjava },
  { name: "silenceper", key: `gowechat_miniprogram__stable_access_token_${APPID}`, value: VALUES.silenceper },
  {
    name: "silenceper",
    mode: "basic",
    key: `gowechat_miniprogram__access_token_${APPID}`,
    value: VALUES.silenceper,
  },
  {
    name: "silenceper",
    key: `gowechat_miniprogram__stable_access_token_${APPID}`,
    value: VALUES.silenceperRedigo,
  },
  { name: "silenceper=go_", key: `go__stable_access_token_${APPID}`, value: VALUES.silenceper },
  { name: "wechatpy", key: `wechatpy:${APPID}_access_token`, value: VALUES.wechatpy },
  { name: "wechatpy=shop", key: `shop:${APPID}_access_token`, value: VALUES.wechatpy },
  {
    name: "powerwechat",
    key: POWERWECHAT,
    value: VALUES.powerwechat,
    next: (token) => VALUES.powerwechat(token, 6900),
  },
  { name: "key=shop:token", key: "shop:token", value: VALUES.wxjava },
  { name: "key=shop:{appid}:token", key: `shop:${APPID}:token`, value: VALUES.wxjava },
];

it.each(LAYOUTS)("$name $mode reads what the SDK wrote under $key, and writes the like", async (layout) => {
  const { key, value, next = value } = layout;
  const store = await open(layout.name, layout.mode);
  expect(await store.load(APPID)).toBeUndefined();
  await put(key, value(TOKEN));
  const loaded = await store.load(APPID);
  expect(loaded?.token).toBe(TOKEN);
  expect(Math.abs((loaded?.expiresAtMs ?? 0) - Date.now() - 7_000_000)).toBeLessThan(5000);
  expect(await store.whyUnfit?.(APPID)).toBeUndefined();
  expect(await store.save(APPID, NEXT, 6_900_000)).toEqual({ overwrote: false });
  expect(await raw(key)).toBe(next(NEXT));
  const ttlMs = await redis.client.pttl(key);
  expect(ttlMs).toBeGreaterThan(6_890_000);
  expect(ttlMs).toBeLessThanOrEqual(6_900_000);
  expect(await redis.client.dbsize()).toBe(1);
});

it.each(LAYOUTS.filter(({ value }) => value !== VALUES.silenceperRedigo))(
  "$name $mode writes the SDK's form where there is nothing, under $key",
  async ({ name, mode, key, value, next = value }) => {
    await (await open(name, mode)).save(APPID, NEXT, 6_900_000);
    expect(await redis.client.keys("*")).toEqual([key]);
    expect(await raw(key)).toBe(next(NEXT));
  },
);

it.each([
  ["wxjava-redisson", `wechat_ma_access_token_key:${APPID}`],
  ["wxjava-redisson=wa", `wa:wechat_ma_access_token_key:${APPID}`],
  ["wxjava-redisson=wa:", `wa:wechat_ma_access_token_key:${APPID}`],
])("%s reads text, and takes a binary codec for none", async (name, key) => {
  const store = await open(name);
  expect([store.guard, store.keyOf(APPID)]).toEqual(["read-only", key]);
  for (const value of [VALUES.wxjava, VALUES.wechatpy]) {
    await put(key, value(TOKEN));
    expect(await store.load(APPID)).toMatchObject({ token: TOKEN });
  }
  await put(key, VALUES.redissonKryo(TOKEN));
  expect(await store.load(APPID)).toBeUndefined();
});

it("keeps what else PowerWeChat has in its object", async () => {
  await put(POWERWECHAT, `{"errcode":0,"access_token":"${TOKEN}","expires_in":7200,"note":"x"}`);
  await (await open("powerwechat")).save(APPID, NEXT, 60_500);
  expect(await raw(POWERWECHAT)).toBe(`{"errcode":0,"access_token":"${NEXT}","expires_in":60,"note":"x"}`);
});

it.each([
  ["wxjava", `wa:access_token:${APPID}`, VALUES.redissonKryo(TOKEN), "can't read as a token"],
  [
    "wxjava",
    `wa:access_token:${APPID}`,
    VALUES.wechatpy(TOKEN),
    "a JSON text, and push-cli writes plain text there",
  ],
  ["wechatpy", `wechatpy:${APPID}_access_token`, TOKEN, "plain text, and push-cli writes a JSON text there"],
  ["key=k", "k", VALUES.easywechat(TOKEN), "PHP serialises it"],
  ["key=k", "k", VALUES.powerwechat(TOKEN), "a JSON object"],
  ["silenceper", `gowechat_miniprogram__stable_access_token_${APPID}`, '{"a":1}', "can't read as a token"],
])("%s leaves %s alone when it holds %s", async (name, key, value, why) => {
  const store = await open(name);
  await put(key, value);
  expect(await store.whyUnfit?.(APPID)).toContain(why);
  await expect(store.save(APPID, NEXT, 60_000)).rejects.toMatchObject({
    kind: "credentials",
    message: expect.stringContaining(why),
  });
  expect(await raw(key)).toBe(value);
  // That one has lapsed; whoever wrote it will write the like.
  if (!why.includes("can't read")) {
    await store.load(APPID);
    await redis.client.del(key);
    expect(await store.whyUnfit?.(APPID)).toContain("push-cli writes");
  }
});

it.each(["rpush", "hset"] as const)("leaves a key of another type alone: %s", async (command) => {
  if (command === "rpush") await redis.client.rpush("k", "x");
  else await redis.client.hset("k", "a", "b");
  const store = await open("key=k");
  expect(await store.load(APPID)).toBeUndefined();
  expect(await store.whyUnfit?.(APPID)).toMatch(/^it holds a (LIST|HASH), not a token$/);
  await expect(store.save(APPID, NEXT, 60_000)).rejects.toMatchObject({ kind: "credentials" });
});

it("reads, under a named key, the forms that caches write", async () => {
  const store = await open("key=k");
  for (const value of [
    VALUES.easywechat(TOKEN),
    VALUES.wechatpy(TOKEN),
    VALUES.powerwechat(TOKEN),
    JSON.stringify({ accessToken: TOKEN, expiresIn: 7200 }),
  ]) {
    await put("k", value);
    expect(await store.load(APPID)).toMatchObject({ token: TOKEN });
  }
});

it("uses a token without a TTL, but not for long, unless its value tells when it lapses", async () => {
  const store = await open("key=k");
  await redis.client.set("k", TOKEN);
  const endless = await store.load(APPID);
  expect(endless).toMatchObject({ token: TOKEN, isEndless: true });
  expect(Math.abs((endless?.expiresAtMs ?? 0) - Date.now() - 60_000)).toBeLessThan(5000);
  const at = Date.now() + 3_600_000;
  for (const expiry of [{ expires_at: at }, { expireTime: Math.floor(at / 1000) }]) {
    await redis.client.set("k", JSON.stringify({ access_token: TOKEN, ...expiry }));
    const loaded = await store.load(APPID);
    expect(loaded?.isEndless).toBeUndefined();
    expect(Math.abs((loaded?.expiresAtMs ?? 0) - at)).toBeLessThan(1000);
  }
});

it.each([
  ["powerwechat", `powerwechat.access_token.${DIGEST.slice(0, 6)}...`, POWERWECHAT],
  ["key=mini:{appid}.{secret}.1", `mini:${APPID}.{secret}.1`, `mini:${APPID}.${SECRET}.1`],
  [`key=mini:${SECRET}`, "mini:{secret}", `mini:${SECRET}`],
])("%s shows its key without the secret", async (name, shown, key) => {
  const store = await open(name);
  expect(store.keyOf(APPID)).toBe(shown);
  await put(key, name === "powerwechat" ? VALUES.powerwechat(TOKEN) : TOKEN);
  expect(await store.load(APPID)).toMatchObject({ token: TOKEN });
});

it.each(["powerwechat", "key=k{secret}"])("%s needs the secret", async (name) => {
  const store = await open(name, "stable", "");
  // As settings have it: not given.
  const without = await openStores({
    keyPrefix: "mina:",
    poolPrefix: "mina:openid:",
    redisUrl: redis.url,
    shownUrl: redis.url,
    clock: systemClock,
    tokenStore: parseTokenStore(name),
  });
  opened.push(without);
  await expect(without.tokens.store.load(APPID)).rejects.toMatchObject({
    kind: "credentials",
    message: expect.stringContaining("the appsecret, which is not given"),
  });
  await expect(store.load(APPID)).resolves.toBeUndefined();
});
