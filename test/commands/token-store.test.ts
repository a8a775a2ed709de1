import { afterEach, expect, it } from "vitest";
import { plainEntry } from "../helpers/redis.ts";
import { useWorld } from "./world.ts";

const world = useWorld();
const WXJAVA = "wa:access_token:wx-sandbox";
const LOCK = "wa:lock:wx-sandbox:accessTokenLock";
const WECHATPY = "wechatpy:wx-sandbox_access_token";
const OWN = "mina:access_token:wx-sandbox";
/** md5 of wx-sandboxsandbox-secret. */
const POWERWECHAT = "powerwechat.access_token.114df4d880e4f1885174e51390cd0db8";
const SOON = Date.now() + 24 * 3_600_000;

const run = (...argv: string[]) => world.cli(argv);
const calls = () => world.sandbox.stats().tokenCalls;

let timer: NodeJS.Timeout | undefined;
afterEach(() => clearTimeout(timer));

/** The backend asks for a token, by the endpoint that SDKs use unless told otherwise. */
async function backendFetches(): Promise<string> {
  const query = "grant_type=client_credential&appid=wx-sandbox&secret=sandbox-secret";
  const answer = await fetch(`${world.sandbox.url}/cgi-bin/token?${query}`);
  return ((await answer.json()) as { access_token: string }).access_token;
}

it("shows the token of an SDK's store with store and key, and asks nobody", async () => {
  const theirs = await backendFetches();
  await world.redis.client.set(WXJAVA, theirs, "EX", 7020);
  const { code, json } = await run("token", "show", "--token-store", "wxjava", "--json");
  expect(code).toBe(0);
  expect(json()).toEqual({
    appid: "wx-sandbox",
    token: `${theirs.slice(0, 6)}...`,
    expiresAt: expect.stringMatching(/Z$/),
    source: "store",
    store: "wxjava",
    key: WXJAVA,
  });
  const { stdout } = await world.screen(["token", "show", "--token-store", "wxjava"]);
  expect(stdout).toMatch(
    /^appid {4}wx-sandbox\ntoken {4}\S{6}\.\.\.\nrenewed {2}after \S+ \S+ \(in 1h 57m\)\nsource {3}store\nstore {4}wxjava\nkey {6}wa:access_token:wx-sandbox\n$/,
  );
  expect(await world.redis.client.keys("*")).toEqual([WXJAVA]);
  expect(calls()).toEqual({ stable: 0, basic: 1 });
});

it("says of a key without a TTL that its token may lapse at any time", async () => {
  await world.redis.client.set(WXJAVA, "token-of-the-backend");
  const shown = await run("token", "show", "--token-store", "wxjava", "--json");
  expect(shown.json()).toMatchObject({ token: "token-...", expiresAt: null });
  const { stdout } = await world.screen(["token", "show", "--token-store", "wxjava"]);
  expect(stdout).toContain("\nrenewed  unknown: the key has no TTL\n");
  expect((await run("token", "show", "--token-store", "wxjava")).stdout).toMatch(
    /token\ttoken-\.\.\.\nexpiresAt\t-\nsource\tstore\nstore\twxjava\n/,
  );
});

it("says where it has looked when there is none, and where else one may be", async () => {
  const { code, stderr } = await run("token", "show", "--token-store", "silenceper");
  expect(code).toBe(3);
  expect(stderr).toBe(
    'error: no token of wx-sandbox is stored in "gowechat_miniprogram__stable_access_token_wx-sandbox"\n' +
      "hint: the SDK has a key for each endpoint: --token-mode basic and stable look at one each; to fetch one: push-cli token refresh\n",
  );
});

it.each(["env", "file"])("takes the store from the %s", async (place) => {
  await world.redis.client.set(WECHATPY, '"token-of-the-backend"', "EX", 7020);
  const env = place === "env" ? { PUSH_CLI_TOKEN_STORE: "wechatpy" } : undefined;
  const flags = place === "env" ? [] : ["--token-store", "wechatpy"];
  const { json } = await world.cli(["token", "show", "--json", ...flags], env ? { env } : {});
  expect(json()).toMatchObject({ store: "wechatpy", key: WECHATPY });
});

it("refreshes in the SDK's form and key, under the SDK's lock", async () => {
  // The backend is at it, and dies.
  const startedAt = Date.now();
  await world.redis.client.set(LOCK, "0a1b2c3d-0000-4000-8000-000000000000", "PX", 600);
  const { json } = await run("token", "refresh", "--token-store", "wxjava", "--json");
  expect(Date.now() - startedAt).toBeGreaterThan(500);
  const { token } = json<{ token: string }>();
  expect(json()).toMatchObject({ source: "api", store: "wxjava", key: WXJAVA });
  expect((await world.redis.client.get(WXJAVA))?.startsWith(token.slice(0, 6))).toBe(true);
  expect(await world.redis.client.keys("*")).toEqual([WXJAVA]);
  expect(calls()).toEqual({ stable: 1, basic: 0 });
});

it("leaves the refresh to a backend that can't be locked out, and says how to go on", async () => {
  const { code, stdout, stderr } = await run(
    "token",
    "refresh",
    "--token-store",
    "wechatpy",
    "--token-mode",
    "basic",
  );
  expect([code, stdout]).toEqual([4, ""]);
  expect(stderr).toMatch(
    /^error: there is no valid token in "wechatpy:wx-sandbox_access_token", and push-cli does not write one there: wechatpy has no lock in Redis.*\nhint: .*--token-mode stable does not affect the backend; or let the backend refresh it/,
  );
  expect(calls()).toEqual({ stable: 0, basic: 0 });
  expect(await world.redis.client.keys("*")).toEqual([]);
  expect((await run("token", "refresh", "--token-store", "wechatpy")).code).toBe(0);
  expect(await world.redis.client.get(WECHATPY)).toMatch(/^"99_[\w-]+"$/);
});

it("asks before a forced refresh only where it may do one", async () => {
  await world.redis.client.set("wechat_ma_access_token_key:wx-sandbox", "token-of-the-backend", "EX", 7020);
  const force = (store: string) =>
    world.screen(["token", "refresh", "--force", "--token-store", store], {
      interactive: true,
      stdin: "n\n",
    });
  const refused = await force("wxjava-redisson");
  expect(refused.code).toBe(4);
  expect(refused.stderr).toContain("push-cli does not replace the token in");
  expect(refused.stderr).not.toContain("[y/N]");
  const asked = await force("wxjava");
  expect(asked.code).toBe(11);
  expect(asked.stderr).toContain(`\nkey     ${WXJAVA}\nlock    ${LOCK}\nstored  nothing\n`);
  const yes = await run("token", "refresh", "--force", "--yes", "--token-store", "wxjava-redisson");
  expect(yes.code).toBe(4);
  expect(calls()).toEqual({ stable: 0, basic: 0 });
});

it.each([
  ["powerwechat", "powerwechat.access_token.114df4..."],
  ["key=mini:{appid}.{secret}.1", "mini:wx-sandbox.{secret}.1"],
  ["key=mini:wx-sandbox.sandbox-secret.1", "mini:wx-sandbox.{secret}.1"],
])("shows neither token nor secret, in what it prints and in errors: %s", async (store, key) => {
  const printed: string[] = [];
  const look = async (...argv: string[]) => {
    const { code, stdout, stderr } = await run(...argv, "--token-store", store, "--debug");
    printed.push(stdout, stderr);
    return code;
  };
  expect(await look("token", "show")).toBe(3);
  expect(await look("token", "refresh", "--dry-run")).toBe(0);
  expect(await look("token", "refresh")).toBe(0);
  expect(await look("token", "show", "--json")).toBe(0);
  const real = (await world.redis.client.keys("*"))[0] ?? "";
  expect(real).toBe(store === "powerwechat" ? POWERWECHAT : "mini:wx-sandbox.sandbox-secret.1");
  const token = /99_[\w-]+/.exec((await world.redis.client.get(real)) ?? "")?.[0] ?? "";
  await world.redis.client.del(real);
  await world.redis.client.rpush(real, "x");
  expect(await look("token", "refresh")).toBe(4);
  const text = printed.join("");
  expect(text).toContain(key);
  for (const secret of [token, "sandbox-secret", POWERWECHAT]) expect(text).not.toContain(secret);
  expect(token.length).toBeGreaterThan(100);
});

it("a dry run tells key, lock and whose token ends, and changes nothing", async () => {
  const plan = async (...argv: string[]) =>
    (await run("token", "refresh", "--dry-run", "--json", ...argv)).json();
  expect(await plan("--token-store", "wxjava")).toEqual({
    dryRun: true,
    appid: "wx-sandbox",
    store: "wxjava",
    key: WXJAVA,
    lock: LOCK,
    mode: "stable",
    action: "fetch",
    token: null,
    expiresAt: null,
    ends: "never",
  });
  await world.redis.client.set(OWN, "token-of-the-backend", "EX", 7020);
  const own = { store: "push-cli", key: OWN, lock: "mina:lock:token:wx-sandbox", token: "token-..." };
  expect(await plan()).toMatchObject({ ...own, action: "keep", ends: "never" });
  expect(await plan("--force")).toMatchObject({ ...own, action: "replace", ends: "at-once" });
  expect(await plan("--force", "--token-mode", "basic")).toMatchObject({
    action: "replace",
    ends: "in-5-minutes",
  });
  const { stdout } = await world.screen(["token", "refresh", "--dry-run", "--force"]);
  expect(stdout).toBe(
    `would   fetch a new token and replace the stored one
appid   wx-sandbox
store   push-cli
key     mina:access_token:wx-sandbox
stored  token-..., renewed in 1h 57m
asks    stable_token, forced
lock    mina:lock:token:wx-sandbox
ends    the current stable token, immediately: copies are refused (errcode 40001)
`,
  );
  const refused = await run("token", "refresh", "--dry-run", "--token-store", "wxjava-redisson");
  expect([refused.code, refused.stdout]).toEqual([4, ""]);
  expect(calls()).toEqual({ stable: 0, basic: 0 });
  expect(await world.redis.client.keys("*")).toEqual([OWN]);
});

const SEND = ["broadcast", "tmpl", "--yes", "--no-keywords"];

async function fill(users: number) {
  for (let i = 0; i < users; i++) await world.redis.push(`u${i}`, plainEntry(`f${i}`, SOON));
}

it("a broadcast sends with the backend's token and writes none", async () => {
  await fill(20);
  const theirs = await backendFetches();
  await world.redis.client.set(WECHATPY, `"${theirs}"`, "EX", 7020);
  const before = await world.redis.client.pttl(WECHATPY);
  expect((await run(...SEND, "--token-store", "wechatpy", "--token-mode", "basic")).code).toBe(0);
  expect(world.sandbox.stats().delivered).toBe(20);
  expect(calls()).toEqual({ stable: 0, basic: 1 });
  expect(await world.redis.client.get(WECHATPY)).toBe(`"${theirs}"`);
  expect(await world.redis.client.pttl(WECHATPY)).toBeLessThanOrEqual(before);
  expect(await world.redis.client.exists(OWN)).toBe(0);
});

it("a broadcast whose token is refused waits for the backend's next one, where it may not fetch one", async () => {
  await fill(20);
  await world.redis.client.set(WECHATPY, `"${await backendFetches()}"`, "EX", 7020);
  world.sandbox.expireTokens();
  timer = setTimeout(async () => {
    await world.redis.client.set(WECHATPY, `"${await backendFetches()}"`, "EX", 7020);
  }, 1200);
  expect((await run(...SEND, "--token-store", "wechatpy", "--token-mode", "basic")).code).toBe(0);
  expect(world.sandbox.stats().delivered).toBe(20);
  expect(calls()).toEqual({ stable: 0, basic: 2 });
});

it("a broadcast whose token is refused takes the token of a backend that is refreshing under WxJava's lock", async () => {
  await fill(20);
  await world.redis.client.set(WXJAVA, await backendFetches(), "EX", 7020);
  world.sandbox.expireTokens();
  await world.redis.client.set(LOCK, "0a1b2c3d-0000-4000-8000-000000000000", "PX", 60_000);
  timer = setTimeout(async () => {
    await world.redis.client.set(WXJAVA, await backendFetches(), "EX", 7020);
    await world.redis.client.del(LOCK);
  }, 800);
  expect((await run(...SEND, "--token-store", "wxjava", "--token-mode", "basic")).code).toBe(0);
  expect(world.sandbox.stats().delivered).toBe(20);
  expect(calls()).toEqual({ stable: 0, basic: 2 });
});

it("a broadcast whose token is refused replaces it where that is safe", async () => {
  await fill(20);
  const dead = await backendFetches();
  await world.redis.client.set(WXJAVA, dead, "EX", 7020);
  world.sandbox.expireTokens();
  expect((await run(...SEND, "--token-store", "wxjava", "--token-mode", "basic")).code).toBe(0);
  expect(world.sandbox.stats().delivered).toBe(20);
  expect(calls()).toEqual({ stable: 0, basic: 2 });
  const next = await world.redis.client.get(WXJAVA);
  expect(next).toMatch(/^99_/);
  expect(next).not.toBe(dead);
  expect(await world.redis.client.exists(LOCK)).toBe(0);
});
