import { afterEach, expect, it } from "vitest";
import { startTestRedis } from "../../helpers/redis.ts";
import { readRights } from "../../helpers/rights.ts";
import { useWorld } from "../world.ts";
import { examine } from "./doctor.ts";

const world = useWorld();
const check = async (name: string, argv: string[] = [], env = {}) =>
  (await examine(world, ["redis", ...argv], { env })).of[`redis ${name}`];

const DEFAULTS = { maxmemory: "0", "maxmemory-policy": "noeviction", appendonly: "no", save: "" };
const set = (config: Partial<typeof DEFAULTS>) =>
  world.redis.client.call("CONFIG", "SET", ...Object.entries(config).flat());

afterEach(() => set(DEFAULTS));

it("finds a Redis that drops keys when it is full", async () => {
  expect(await check("eviction")).toMatchObject({ state: "passed" });
  await set({ maxmemory: "1gb", "maxmemory-policy": "volatile-ttl" });
  expect(await check("eviction")).toMatchObject({
    state: "failed",
    found: expect.stringContaining("maxmemory-policy volatile-ttl"),
    remedy: expect.stringContaining("CONFIG SET maxmemory-policy noeviction"),
  });
});

it("finds a Redis that is nearly full, and one that is", async () => {
  await set({ maxmemory: "1gb" });
  expect(await check("memory")).toMatchObject({
    state: "passed",
    found: expect.stringMatching(/of 1024 MiB/),
  });
  const used = Number(/used_memory:(\d+)/.exec(await world.redis.client.info("memory"))?.[1]);
  await set({ maxmemory: String(Math.round(used * 1.1)) });
  expect((await check("memory"))?.state).toMatch(/warning|failed/);
  await set({ maxmemory: String(Math.round(used / 2)) });
  expect(await check("memory")).toMatchObject({
    state: "failed",
    remedy: expect.stringContaining("maxmemory"),
  });
});

it("tells what a crash of Redis would lose", async () => {
  expect(await check("persistence")).toMatchObject({
    state: "warning",
    found: expect.stringMatching(/^none/),
  });
  await set({ save: "3600 1" });
  expect(await check("persistence")).toMatchObject({
    state: "warning",
    found: expect.stringContaining("snapshots only (save 3600 1)"),
    remedy: expect.stringContaining("CONFIG SET appendonly yes"),
  });
  await set({ appendonly: "yes" });
  expect(await check("persistence")).toMatchObject({ state: "passed", found: "append-only file" });
});

it("finds a replica, and tells where its master is", async () => {
  const master = await startTestRedis();
  try {
    await world.redis.client.replicaof("127.0.0.1", master.server.port);
    expect(await check("replication")).toMatchObject({
      state: "failed",
      remedy: `point PUSH_CLI_REDIS_URL at the master, 127.0.0.1:${master.server.port}`,
    });
  } finally {
    await world.redis.client.replicaof("NO", "ONE");
    await master.stop();
  }
});

it("a Redis that is not there is one failure; what needs it is skipped", async () => {
  const { code, bad, of } = await examine(world, ["redis", "pools", "api"], {
    env: { PUSH_CLI_REDIS_URL: "redis://127.0.0.1:1" },
  });
  expect([code, bad]).toEqual([8, ["redis connection failed"]]);
  expect(of["redis connection"]).toMatchObject({ found: expect.stringContaining("connection refused") });
  expect(of["pools prefix"]).toMatchObject({ state: "skipped" });
  expect(of["api http"]).toMatchObject({ state: "passed" });
});

it("a Redis that does not answer is late, and the rest is checked all the same", async () => {
  await world.redis.client.call("CLIENT", "PAUSE", "4000", "ALL");
  const { code, stdout } = await world.cli(["doctor", "redis", "settings", "--timeout", "1500ms"]);
  expect(code).toBe(8);
  expect(stdout).toMatch(/^settings\tappid\tpassed/m);
  expect(stdout).toMatch(/^redis\tconnection\tfailed\tno answer within 1\.5 s\t--timeout/m);
  // Until it goes on.
  await world.redis.client.ping();
});

it("says which database and how it is reached", async () => {
  const env = { PUSH_CLI_REDIS_URL: `${world.redis.url}/3` };
  expect(await check("mode", [], env)).toMatchObject({ found: "one server, database 3, without TLS" });
});

it("names every right that the Redis user lacks, one by one and together", async () => {
  const rights = readRights();
  const env = { PUSH_CLI_REDIS_URL: world.redis.url.replace("redis://", "redis://pushcli:password@") };
  const become = (words: string[]) => world.redis.client.call("ACL", "SETUSER", ...words);
  await become(rights);
  expect(await check("rights", [], env)).toMatchObject({
    state: "passed",
    found: "the Redis user 'pushcli' has all the permissions that push-cli needs",
  });
  // Nothing that push-cli does without.
  const optional = ["+ping", "+info", "+client|setname", "+select"];
  const needed = rights.filter((word) => /^[+~]/.test(word) && !optional.includes(word));
  const untold: string[] = [];
  for (const right of needed.filter((word) => word !== "~mina:consent:*")) {
    await become(rights.filter((word) => word !== right));
    const found = await check("rights", [], env);
    const isTold = found?.state === "failed" && found.remedy?.split(" ").includes(right);
    if (!isTold) untold.push(`${right}: ${found?.found}`);
  }
  expect(needed.length).toBeGreaterThan(30);
  expect(untold).toEqual([]);
  await become(rights.filter((word) => !["+hset", "+lpush", "~mina:broadcast*"].includes(word)));
  expect(await check("rights", [], env)).toMatchObject({
    state: "failed",
    remedy: "ACL SETUSER pushcli +lpush +hset ~mina:broadcast*",
  });
  await become(rights.filter((word) => word !== "~mina:consent:*"));
  expect(await check("rights", ["--channel", "wechat-subscribe"], env)).toMatchObject({
    state: "failed",
    remedy: "ACL SETUSER pushcli ~mina:consent:{*",
  });
});

it("skips what INFO would tell where that is refused", async () => {
  await world.redis.client.call("ACL", "SETUSER", ...readRights(), "-info");
  const env = { PUSH_CLI_REDIS_URL: world.redis.url.replace("redis://", "redis://pushcli:password@") };
  expect(await check("eviction", [], env)).toMatchObject({
    state: "skipped",
    remedy: expect.stringContaining("+info"),
  });
});
