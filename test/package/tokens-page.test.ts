import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseTokenStore, TOKEN_STORES } from "../../src/config/token-store.ts";
import { layoutOf, type TokenLayout } from "../../src/redis/sdk-tokens/layouts.ts";
import { startSandbox } from "../../src/sandbox/sandbox.ts";
import { cliEnv, runCli } from "../helpers/cli.ts";
import { plainEntry, startTestRedis, type TestRedis } from "../helpers/redis.ts";
import { readRights } from "../helpers/rights.ts";
import { ROOT } from "../structure/files.ts";

const page = readFileSync(path.join(ROOT, "src/help/tokens.md"), "utf8");
/** Rows of a table: the first cell's code, and the second's. */
const rows = (heading: string) =>
  [...section(heading).matchAll(/^\| `([^`]+)`([^|]*)\| `([^`]+)`/gm)].map(
    ([, store = "", rest = "", second = ""]) => ({ store, rest: rest.trim(), second }),
  );

function section(heading: string): string {
  const from = page.indexOf(`# ${heading}\n`);
  if (from < 0) throw new Error(`no heading "${heading}"`);
  const end = page.indexOf("\n#", from);
  return end < 0 ? page.slice(from) : page.slice(from, end);
}

const SDKS = TOKEN_STORES.filter((name) => name !== "push-cli" && name !== "key=");

it("lists every store", () => {
  const listed = [...section("Sharing the token of an SDK").matchAll(/^\| `(?!--)([^`]+)`/gm)].map(
    ([, name]) => name,
  );
  expect(listed.map((name) => name?.replace("<name>", ""))).toEqual(
    [...TOKEN_STORES.slice(0, -1), "key="].map(String),
  );
});

it("lists the keys that the program makes for each store", () => {
  const table = rows("Keys and forms").map(({ store, rest, second }) => `${store}${rest} ${second}`);
  const made = SDKS.flatMap((name) => {
    const layout = layoutOf(parseTokenStore(name)) as TokenLayout;
    const key = (mode: "stable" | "basic") =>
      layout.keyOf({ appid: "<appid>", appsecret: "s", mode }).replace(/\.[0-9a-f]{32}$/, ".<md5>");
    return name === "silenceper"
      ? [`${name}, stable mode ${key("stable")}`, `${name}, basic mode ${key("basic")}`]
      : [`${name} ${key("stable")}`];
  });
  expect(table).toEqual([...made, "key=<name> <name>"]);
  const lock = layoutOf({ keeper: "wxjava" })?.lockOf?.({
    appid: "<appid>",
    appsecret: undefined,
    mode: "basic",
  });
  expect(page).toContain(`\`${lock}\``);
});

it("lists the ACL patterns of each store", () => {
  const made = [...SDKS, "key=my:token:{appid}"].map((store) => {
    const patterns = layoutOf(parseTokenStore(store))?.patterns ?? [];
    return { store, rest: "", second: patterns.map((pattern) => `~${pattern}`).join(" ") };
  });
  expect(rows("Rights in Redis")).toEqual(made);
});

let redis: TestRedis;
let sandbox: Awaited<ReturnType<typeof startSandbox>>;
let env: Record<string, string>;
beforeAll(async () => {
  redis = await startTestRedis();
  sandbox = await startSandbox({ acceptAny: true });
  env = cliEnv(redis.url.replace("redis://", "redis://pushcli:password@"), sandbox.url);
});
afterAll(async () => {
  await sandbox.close();
  await redis.stop();
});

it.each(rows("Rights in Redis"))("$store works with these rights: $second", async ({ store, second }) => {
  await redis.client.call("ACL", "SETUSER", ...readRights(), ...second.split(" "));
  sandbox.reset();
  await redis.push("u1", plainEntry("f1", Date.now() + 3_600_000));
  const isRead = store === "wxjava-redisson";
  if (isRead) {
    const stable = await redis.open.tokens.store.load("wx-sandbox");
    await redis.client.set(
      "wechat_ma_access_token_key:wx-sandbox",
      stable?.token ?? "token-of-the-backend",
      "EX",
      7000,
    );
  }
  const run = async (...argv: string[]) => (await runCli([...argv, "--token-store", store], { env })).code;
  expect(await run("token", "refresh")).toBe(0);
  expect(await run("token", "show")).toBe(0);
  if (!isRead) expect(await run("token", "refresh", "--force", "--yes")).toBe(0);
  if (!isRead) expect(await run("broadcast", "tmpl", "--yes", "--no-keywords")).toBe(0);
  const log = (await redis.client.call("ACL", "LOG")) as unknown[];
  expect(log).toEqual([]);
  // And without them, the hint names just these.
  await redis.client.call("ACL", "SETUSER", ...readRights());
  const { code, stderr } = await runCli(["token", "show", "--token-store", store], { env });
  expect(code).toBe(6);
  expect(stderr).toContain(`ACL SETUSER pushcli ${second.split(" ")[0]}; `);
  expect(stderr).not.toContain("wx-sandbox");
  await redis.client.call("ACL", "LOG", "RESET");
  await redis.client.flushall();
});
