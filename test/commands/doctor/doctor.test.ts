import { expect, it } from "vitest";
import { expectGolden } from "../../golden/golden.ts";
import { plainEntry } from "../../helpers/redis.ts";
import { HOUR_MS, useWorld } from "../world.ts";
import { examine } from "./doctor.ts";

const world = useWorld({ redis: { args: ["--appendonly", "yes"] } });
const LATER = Date.now() + 24 * HOUR_MS;

async function fill() {
  await world.redis.push("oAlice", plainEntry("f1", LATER), plainEntry("f2", LATER));
  await world.redis.push("oBob", plainEntry("f3", LATER));
}

/** Every key with its bytes and its TTL, and how many changes Redis has counted. */
async function snapshot() {
  const { client } = world.redis;
  const keys = (await client.keys("*")).sort();
  const dumps = await Promise.all(
    keys.map(async (key) => [
      key,
      (await client.dumpBuffer(key))?.toString("latin1"),
      await client.expiretime(key),
    ]),
  );
  const changes = /rdb_changes_since_last_save:(\d+)/.exec(await client.info("persistence"))?.[1];
  return { dumps, changes };
}

it.each(["wechat-template", "wechat-subscribe"])(
  "finds nothing wrong with a set-up of %s that works",
  async (channel) => {
    await fill();
    await world.cli(["pool", "import", "--channel", "wechat-subscribe", "--template", "tpl-1"], {
      stdin: '{"openId":"o1","consent":"c1"}\n',
    });
    await world.cli(["token", "refresh"]);
    const { code, ok, of, bad } = await examine(world, ["--channel", channel]);
    expect(bad.filter((one) => !one.startsWith("redis latency"))).toEqual([]);
    expect([code, ok]).toEqual([0, true]);
    expect(of["redis rights"]?.state).toBe("passed");
    expect(of["token accepted"]?.state).toBe("passed");
    expect(of["quota messages"]?.found).toContain(" messages left today");
    expect(of["templates list"]?.state).toBe(channel === "wechat-subscribe" ? "passed" : "skipped");
  },
);

it.each([
  ["with a token", ["token", "refresh"]],
  ["without one", ["token", "show"]],
])("changes nothing in Redis and sends nothing, %s", async (_, argv) => {
  await fill();
  await world.cli(argv);
  const before = await snapshot();
  expect(before.dumps.length).toBeGreaterThan(1);
  await examine(world, []);
  await examine(world, ["--channel", "wechat-subscribe"]);
  expect(await snapshot()).toEqual(before);
  const { delivered, byErrcode, subscribe } = world.sandbox.stats();
  // A send leaves one or the other.
  expect({ delivered, byErrcode, subscribe: subscribe.delivered }).toEqual({
    delivered: 0,
    byErrcode: {},
    subscribe: 0,
  });
});

it("shows no secret and no token", async () => {
  await world.cli(["token", "refresh"]);
  const token = (await world.redis.client.get("mina:access_token:wx-sandbox")) ?? "";
  expect(token.length).toBeGreaterThan(10);
  const { printed } = await examine(world, []);
  expect(printed).not.toContain("sandbox-secret");
  expect(printed).not.toContain(token);
});

it("looks at the groups that are named, in its own order", async () => {
  const { of } = await examine(world, ["token", "settings"]);
  expect([...new Set(Object.values(of).map(({ group }) => group))]).toEqual(["settings", "token"]);
});

it("has a line of five columns for each check in a pipe", async () => {
  const { code, stdout } = await world.cli(["doctor", "settings"]);
  const rows = stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t"));
  expect(code).toBe(0);
  expect(rows.map((row) => row.length)).toEqual(rows.map(() => 5));
  expect(rows).toContainEqual(["settings", "appid", "passed", "wx-sandbox (PUSH_CLI_APPID)", ""]);
});

it.each([
  [["doctor", "reddis"], "error: unknown group of checks 'reddis'\nhint: did you mean redis?"],
  [["doctor", "--timeout", "1ms"], 'error: --timeout: "1ms" is out of range'],
  [["doctor", "--collector-url", "ftp://x"], "error: --collector-url: must be an http or https URL"],
  [["doctor", "--redis-url", "nonsense"], "error: --redis-url"],
])("%j is a usage error", async (argv, message) => {
  const { code, stdout, stderr } = await world.cli(argv);
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: expect.stringContaining(message) });
});

it("finds settings that can't be used, and skips the rest", async () => {
  const env = { PUSH_CLI_TOKEN_MODE: "odd", PUSH_CLI_PROXY: "x y" };
  const { code, of, bad } = await examine(world, [], { env });
  expect([code, bad]).toEqual([8, ["settings values failed"]]);
  expect(of["settings values"]?.found).toContain("PUSH_CLI_TOKEN_MODE");
  expect(of["redis redis"]).toMatchObject({ state: "skipped", found: "the settings are invalid" });
});

it("finds missing credentials and unknown variables, each told once", async () => {
  const env = { PUSH_CLI_APPSECRET: "", PUSH_CLI_APISECRET: "x" };
  const { code, of, bad, printed } = await examine(world, ["settings", "token"], { env });
  expect(code).toBe(8);
  expect(bad).toEqual(["settings appsecret failed", "settings warnings warning"]);
  expect(of["settings appsecret"]?.remedy).toContain("PUSH_CLI_APPSECRET");
  expect(printed.split("PUSH_CLI_APISECRET is not a variable")).toHaveLength(2);
  expect(of["token credentials"]).toMatchObject({ state: "skipped" });
});

it("looks at the collector's secrets, and at one that runs", async () => {
  const env = { PUSH_CLI_COLLECTOR_SECRET: "short", PUSH_CLI_CALLBACK_TOKEN: "abc123" };
  const { code, of } = await examine(world, ["collector", "--collector-url", "http://127.0.0.1:9"], { env });
  expect(code).toBe(8);
  expect(of["collector collectorSecret"]).toMatchObject({ state: "failed" });
  expect(of["collector callbackToken"]).toMatchObject({ state: "passed" });
  expect(of["collector healthz"]).toMatchObject({
    state: "failed",
    found: expect.stringContaining("no response"),
  });
  expect((await examine(world, ["collector"])).of["collector settings"]?.state).toBe("skipped");
});

it("shows groups with marks, and remedies below them", async () => {
  await fill();
  await world.redis.push("oBob", "nonsense");
  await world.redis.client.config("SET", "maxmemory-policy", "allkeys-lru");
  await world.redis.client.config("SET", "maxmemory", "1gb");
  const { code, stdout, stderr } = await world.screen(["doctor", "--timeout", "60s"]);
  await world.redis.client.config("SET", "maxmemory", "0", "maxmemory-policy", "noeviction");
  expect(code).toBe(8);
  expect(stderr).toMatch(/checks passed, \d warnings?, 1 failed, \d skipped\n$/);
  const steady = stdout
    .replace(/(?<=127\.0\.0\.1:)\d+/g, (port) => "0".repeat(port.length))
    .replace(/(?<=port )\d+/, "00000")
    .replace(/. latency.*\n( {10}.*\n)*/, "  (latency)\n")
    .replace(/(?<=Redis )\d+\.\d+\.\d+/, "7.0.0")
    .replace(/\S+ MiB of/, "1.0 MiB of");
  expectGolden("doctor.txt", steady);
});
