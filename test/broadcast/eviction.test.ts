import { expect, it } from "vitest";
import { countEvicted, countsOf } from "../../src/broadcast/eviction.ts";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import { cliEnv, runCli } from "../helpers/cli.ts";
import { broadcast, giveUsers, until, useWorld } from "./world.ts";

const world = useWorld({ sandbox: { latencyMs: 50 } });

async function setMemory(policy: string, maxmemory: string): Promise<void> {
  const { client } = world.redis;
  await client.config("SET", "maxmemory", maxmemory);
  await client.config("SET", "maxmemory-policy", policy);
}

/** Somebody's cache fills Redis until it has dropped a key; afterwards there is room again. */
async function fillUp(): Promise<void> {
  const { client } = world.redis;
  const evicted = async () => Number(/evicted_keys:(\d+)/.exec(await client.info("stats"))?.[1]);
  const before = await evicted();
  const used = Number(/used_memory:(\d+)/.exec(await client.info("memory"))?.[1]);
  // What lapses first goes first, so that it is the cache's and not, by chance, the record of the broadcast.
  await client.config("SET", "maxmemory-samples", "64");
  await setMemory("volatile-ttl", String(used + 300_000));
  for (let i = 0; (await evicted()) === before; i++)
    await client.set(`cache:${i}`, "x".repeat(8000), "EX", 10);
  await setMemory("volatile-lru", "1gb");
}

const run = (argv: string[]) =>
  runCli([...argv, "--json"], { env: cliEnv(world.redis.url, world.sandbox.url) });

it("a Redis that drops keys when it is full is refused with --yes, before anything is written", async () => {
  await giveUsers(world, 3);
  await setMemory("volatile-lru", "1gb");
  const refused = await broadcast(world);
  expect(refused).toMatchObject({ code: 11, stdout: "" });
  expect(refused.stderr).toContain("maxmemory-policy volatile-lru, maxmemory 1073741824");
  expect(refused.stderr).toContain("--yes --allow-eviction");
  expect(await world.redis.keys("mina:broadcast*")).toEqual([]);
  const allowed = await broadcast(world, ["--allow-eviction"]);
  expect(allowed).toMatchObject({ code: 0, stderr: expect.stringContaining("warning: Redis drops keys") });
  expect(allowed.json<BroadcastResult>().outcomes.sent).toBe(3);
});

it.each([
  ["noeviction", "1gb"],
  ["allkeys-lru", "0"],
])("policy %s with maxmemory %s drops nothing, and nothing is said of it", async (policy, maxmemory) => {
  await giveUsers(world, 1);
  await setMemory(policy, maxmemory);
  const sent = await broadcast(world);
  expect(sent.code).toBe(0);
  expect(sent.stderr).not.toContain("drops keys");
});

it("the dry run warns of it", async () => {
  await giveUsers(world, 1);
  await setMemory("allkeys-lfu", "1gb");
  const dryRun = await broadcast(world, ["--dry-run"]);
  expect(dryRun).toMatchObject({ code: 0, stderr: expect.stringContaining("maxmemory-policy allkeys-lfu") });
});

it("keys dropped during a run stop it, and a resume has to be allowed", async () => {
  await giveUsers(world, 300);
  await setMemory("noeviction", "0");
  const running = broadcast(world, ["--id", "b-1", "--concurrency", "2"]);
  await until(async () => (await world.redis.keys("{mina:openid:*}:sends")).length > 0);
  await fillUp();
  const stopped = await running;
  expect(stopped.code).toBe(9);
  expect(stopped.json<BroadcastResult>()).toMatchObject({
    status: "stopped",
    reason: expect.stringContaining("they may include ledgers"),
  });
  expect(stopped.stderr).toContain("evicted_keys");
  const next = "push-cli broadcast resume b-1 --allow-eviction";
  expect(stopped.json()).toMatchObject({ next: [next] });
  expect(stopped.stderr).toContain(`; then run ${next}"`);
  expect(stopped.json<BroadcastResult>()).toMatchObject({ next: [next] });
  expect((await run(["broadcast", "show", "b-1"])).json()).toMatchObject({ next: [next] });

  await setMemory("noeviction", "0");
  const refused = await run(["broadcast", "resume", "b-1", "--yes"]);
  expect(refused).toMatchObject({ code: 11, stdout: "" });
  expect(refused.stderr).toContain("since broadcast 'b-1' began");
  expect((await run(["broadcast", "resume", "b-1", "--dry-run"])).code, "the dry run, too").toBe(11);

  const allowed = await run(["broadcast", "resume", "b-1", "--yes", "--allow-eviction"]);
  expect(allowed).toMatchObject({ code: 0 });
  expect(allowed.json<BroadcastResult>().status).toBe("finished");
});

it("the record among the dropped keys: the run stops at that, and the next one under its id spares whom it can", async () => {
  await giveUsers(world, 300);
  await setMemory("noeviction", "0");
  const running = broadcast(world, ["--id", "b-1", "--concurrency", "2"]);
  await until(async () => (await world.redis.keys("{mina:openid:*}:sends")).length > 0);
  await fillUp();
  await world.redis.client.del("mina:broadcast:b-1");
  const stopped = await running;
  expect(stopped.code).toBe(9);
  expect(stopped.json<BroadcastResult>()).toMatchObject({ status: "stopped", next: [] });
  expect(stopped.stderr).toMatch(
    /Redis has dropped .* since the broadcast began, and its record is gone: they may include ledgers/,
  );
  await setMemory("noeviction", "0");

  const refused = await run(["broadcast", "resume", "b-1", "--yes"]);
  expect(refused.code).toBe(3);
  expect(refused.stderr).toContain("there is no broadcast 'b-1'");
  expect(refused.stderr).toMatch(/\(evicted_keys\) since it started: if the record was among them, /);
  expect(refused.stderr).toContain("started again with --id b-1, it skips everybody whose ledger remains");
  const again = await broadcast(world, ["--id", "b-1"]);
  expect(again.code).toBe(0);
  expect(world.sandbox.stats()).toMatchObject({ delivered: 300, duplicates: 0 });
});

it("a record that is gone from a Redis that drops nothing was deleted", async () => {
  await giveUsers(world, 300);
  await setMemory("noeviction", "0");
  await world.redis.client.config("RESETSTAT");
  const running = broadcast(world, ["--id", "b-1", "--concurrency", "2"]);
  await until(async () => (await world.redis.keys("{mina:openid:*}:sends")).length > 0);
  await world.redis.client.del("mina:broadcast:b-1");
  const stopped = await running;
  expect(stopped.code).toBe(6);
  expect(stopped.stderr).toContain("the record of the broadcast is gone from Redis");
  expect(stopped.stderr).not.toContain("evicted");
  expect((await run(["broadcast", "resume", "b-1", "--yes"])).stderr).not.toContain("evicted");
});

it("keys dropped between two runs are found out by the resume", async () => {
  await giveUsers(world, 10);
  await setMemory("noeviction", "0");
  expect((await broadcast(world, ["--id", "b-2", "--limit", "4"])).code).toBe(0);
  await fillUp();
  await setMemory("noeviction", "0");
  const resume = ["broadcast", "resume", "b-2", "--limit", "none", "--yes"];
  expect((await run(resume)).code).toBe(11);
  expect((await run([...resume, "--allow-eviction"])).code).toBe(0);
});

it("a server counts from what it had dropped before; a new one, or one that counts anew, from nothing", () => {
  const seen = (serverId: string, evictedKeys: number) => ({
    ...{ serverId, evictedKeys, policy: "volatile-lru", maxBytes: 1 },
  });
  const before = countsOf([seen("a", 5), seen("b", 7)]);
  expect(countEvicted(before, [seen("a", 5), seen("b", 7)])).toBe(0);
  expect(countEvicted(before, [seen("a", 6), seen("b", 7)])).toBe(1);
  expect(countEvicted(before, [seen("a", 5), seen("c", 2)])).toBe(2);
  expect(countEvicted(before, [seen("a", 3), seen("b", 7)])).toBe(3);
});

it("a Redis that doesn't tell is said once, and gone on with", async () => {
  await giveUsers(world, 2);
  const { client, url } = world.redis;
  await client.call("ACL", "SETUSER", "mute", "on", ">pw", "~*", "&*", "+@all", "-info");
  const { port } = new URL(url);
  const sent = await runCli(["broadcast", "template-1", "--no-keywords", "--yes", "--to", "u0", "--json"], {
    env: cliEnv(`redis://mute:pw@127.0.0.1:${port}`, world.sandbox.url),
  });
  expect(sent.code).toBe(0);
  expect(sent.stderr.match(/does not report whether it evicts keys/g)).toHaveLength(1);
});
