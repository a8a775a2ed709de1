import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { SweepCutError } from "../../src/errors.ts";
import { startPrivateRedis } from "../../src/local-redis/private-redis.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import type { RedisLink } from "../../src/redis/link.ts";
import { SCRIPTS } from "../../src/redis/scripts.ts";
import { slotOf } from "../../src/redis/slots.ts";
import { type OpenStores, openStores } from "../../src/redis/stores.ts";
import { beginMove, eventually, startTestCluster, type TestCluster } from "../helpers/cluster.ts";
import { plainEntry } from "../helpers/redis.ts";
import { FAR } from "./seed.ts";

const USERS = 6000;

let cluster: TestCluster;
let link: RedisLink;
let open: OpenStores;
beforeAll(async () => {
  cluster = await startTestCluster({ replicas: false });
  link = await connectRedis({ url: cluster.url, shownUrl: cluster.url });
  open = await openAt(cluster.url);
});
afterAll(async () => {
  open?.close();
  link?.close();
  await cluster?.stop();
});
beforeEach(() => cluster.flush());

function openAt(redisUrl: string): Promise<OpenStores> {
  return openStores({
    keyPrefix: "mina:",
    poolPrefix: "mina:openid:",
    redisUrl,
    shownUrl: redisUrl,
    clock: systemClock,
  });
}

async function giveUsers(count: number): Promise<string[]> {
  const openIds = Array.from({ length: count }, (_, i) => `o${i}`);
  await Promise.all(openIds.map((openId) => cluster.push(openId, plainEntry(`f-${openId}`, FAR))));
  return openIds;
}

it("knows the slot of every key as the cluster does", async () => {
  const server = cluster.to(cluster.servers[0]!);
  for (const key of ["", "foo", "{a}b", "x{a}{b}", "{}x", "{x", "用户{é}:sends", "a}b{c}d", "{{a}}"]) {
    expect([key, slotOf(key)]).toEqual([key, await server.call("CLUSTER", "KEYSLOT", key)]);
  }
});

it("replies to a batch come in the users' order, from servers that have never seen the script", async () => {
  const openIds = await giveUsers(500);
  for (const server of cluster.servers) await cluster.to(server).script("FLUSH");
  const ledger = open.stores.ledger({ broadcastId: "b", runId: "r" });
  const claimed = await ledger.claim(openIds);
  expect(claimed.map((reply) => reply.status === "claimed" && [reply.openId, reply.formId])).toEqual(
    openIds.map((openId) => [openId, `f-${openId}`]),
  );
  // Connections that know it are answered NOSCRIPT after this.
  for (const server of cluster.servers) await cluster.to(server).script("FLUSH");
  const again = await ledger.claim([...openIds].reverse());
  expect(again.map((reply) => reply.status === "mine" && reply.formId)).toEqual(
    [...openIds].reverse().map((openId) => `f-${openId}`),
  );
  const odd = openIds.filter((_, i) => i % 2 === 1);
  expect(await ledger.release([...odd, "nobody"])).toEqual([...odd.map(() => true), false]);
  expect(Object.keys(await cluster.pools())).toHaveLength(250);
});

it("a server with the whole batch's script is asked once a slot, in one write", async () => {
  const openIds = await giveUsers(64);
  const ledger = open.stores.ledger({ broadcastId: "b", runId: "r" });
  await ledger.claim(openIds);
  const calls = async () => {
    const stats = await Promise.all(cluster.servers.map((server) => cluster.to(server).info("commandstats")));
    return stats.map((text) => Number(/cmdstat_evalsha:calls=(\d+)/.exec(String(text))?.[1] ?? 0));
  };
  const before = await calls();
  await ledger.claim(openIds);
  const spent = (await calls()).map((count, i) => count - before[i]!);
  expect(spent.reduce((sum, count) => sum + count)).toBe(
    new Set(openIds.map((openId) => slotOf(`mina:openid:${openId}`))).size,
  );
  expect(Math.min(...spent)).toBeGreaterThan(0);
});

it("receipts settle unknown outcomes of users on all servers", async () => {
  const { receipts: book } = open.stores.consents({ keyPrefix: "mina:" });
  const { receipts, ledger } = open.stores.sends({ keyPrefix: "mina:" });
  const openIds = Array.from({ length: 60 }, (_, i) => `o${i}`);
  const sends = ledger({ broadcastId: "b", runId: "r" });
  await sends.claim(openIds);
  await sends.settle(openIds.map((openId) => ({ openId, outcome: "unknown", attempts: 1 })));
  const told = { templateId: "T", status: "delivered", atMs: Date.now() } as const;
  for (const openId of openIds) await book.record({ ...told, openId, msgid: `m-${openId}` });
  const search = { broadcastId: "b", templateId: "T", startedAtMs: Date.now() - 1000 };
  const found = await receipts.settleUnknown(search, openIds);
  expect(found.map((one) => [one?.openId, one?.outcome, one?.msgid])).toEqual(
    openIds.map((openId) => [openId, "sent", `m-${openId}`]),
  );
  expect(new Set(openIds.map((openId) => slotOf(`mina:consent:{${openId}}:sends`))).size).toBeGreaterThan(30);
});

it("is found from any one of its servers, by a plain URL", async () => {
  const openIds = await giveUsers(50);
  const found = await openAt(cluster.servers[1]!.url);
  const met = new Set<string>();
  for await (const page of found.stores.pools.sweep()) for (const openId of page) met.add(openId);
  expect(met).toEqual(new Set(openIds));
  expect(await found.stores.ledger({ broadcastId: "b", runId: "r" }).claim(openIds)).toHaveLength(50);
  found.close();
});

/** Everybody met by a sweep, with something happening after the first page. */
async function sweep(after: () => Promise<unknown>): Promise<Set<string>> {
  const met = new Set<string>();
  let pages = 0;
  for await (const page of open.stores.pools.sweep()) {
    for (const openId of page) met.add(openId);
    if (pages++ === 0) await after();
  }
  expect(pages, "more than a page a server, or nothing happened in the middle").toBeGreaterThan(3);
  return met;
}

describe("a sweep", () => {
  it("meets everybody, on all masters", async () => {
    const openIds = await giveUsers(USERS);
    expect(await sweep(async () => undefined)).toEqual(new Set(openIds));
  });

  it("goes on when only connections were lost", async () => {
    await giveUsers(USERS);
    const cut = async () => {
      for (const server of cluster.servers)
        await cluster.to(server).call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    };
    expect((await sweep(cut)).size).toBe(USERS);
  });

  it("is cut by a slot that changes hands in the middle, and the next one meets everybody", async () => {
    await giveUsers(USERS);
    const slot = slotOf("mina:openid:o1");
    const moveAll = async () => (await beginMove(cluster, slot)).finish();
    await expect(sweep(moveAll)).rejects.toThrow(SweepCutError);
    expect((await sweep(async () => undefined)).size).toBe(USERS);
  });

  it("is cut by a slot that began to move, though it still belongs to the same server", async () => {
    await giveUsers(USERS);
    let move: Awaited<ReturnType<typeof beginMove>> | undefined;
    const begin = async () => {
      move = await beginMove(cluster, slotOf("mina:openid:o2"));
      await move.moveKeys(0.5);
    };
    await expect(sweep(begin)).rejects.toThrow(SweepCutError);
    // The next one waits for the move to end.
    setTimeout(() => move!.finish(), 300);
    expect((await sweep(async () => undefined)).size).toBe(USERS);
  });

  it("is cut by the restart of one master", async () => {
    // So many that no master's own sweep is over when the first page is in hand.
    await giveUsers(3 * USERS);
    await expect(sweep(() => cluster.servers[2]!.restart())).rejects.toThrow(SweepCutError);
  });
});

it("says that servers were connected to anew, and that a slot has got another master", async () => {
  const openIds = await giveUsers(30);
  const ledger = open.stores.ledger({ broadcastId: "b", runId: "r" });
  await ledger.claim(openIds);
  const first = ledger.connections;
  await ledger.claim(openIds);
  expect(ledger.connections).toBe(first);
  for (const server of cluster.servers)
    await cluster.to(server).call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
  await ledger.claim(openIds);
  const second = ledger.connections;
  expect(second).toBeGreaterThan(first);
  await (await beginMove(cluster, slotOf("mina:openid:o1"))).finish();
  await ledger.claim(openIds);
  await eventually(async () => ledger.connections > second);
});

it("a claim waits while a slot is on the move, and takes nothing twice", async () => {
  const openIds = await giveUsers(40);
  const moved = openIds[7]!;
  const move = await beginMove(cluster, slotOf(`mina:openid:${moved}`));
  const ledger = open.stores.ledger({ broadcastId: "b", runId: "r" });
  const claims = ledger.claim(openIds);
  let done = false;
  void claims.then(() => {
    done = true;
  });
  await move.moveKeys(1);
  await new Promise((resolve) => setTimeout(resolve, 200));
  // Its pool is over there, its ledger nowhere: Redis runs no script on such a pair.
  expect(done).toBe(false);
  await move.finish();
  const replies = await claims;
  expect(replies.map((reply) => "formId" in reply && reply.formId)).toEqual(openIds.map((id) => `f-${id}`));
  expect(await cluster.pools()).toEqual({});
  expect((await ledger.claim([moved]))[0]).toMatchObject({ status: "mine", formId: `f-${moved}` });
});

it("survives that a server refuses what goes before a command that is sent elsewhere", async () => {
  await giveUsers(5);
  for (const server of cluster.servers)
    await cluster.to(server).call("ACL", "SETUSER", "shy", "on", ">pw", "~*", "+@all", "-asking");
  const shy = await connectRedis({
    url: cluster.url.replace("://", "://shy:pw@"),
    shownUrl: "shown",
  });
  const move = await beginMove(cluster, slotOf("mina:openid:o3"));
  await move.moveKeys(1);
  // One key, all of it moved: answered with ASK, and that is followed with ASKING.
  const length = shy.call(shy.client.llen("mina:openid:o3"));
  await new Promise((resolve) => setTimeout(resolve, 100));
  await move.finish();
  expect(await length).toBe(1);
  shy.close();
});

it("runs single scripts and commands where their keys are", async () => {
  expect(await link.run(SCRIPTS.releaseLock, ["mina:lock:x"], ["me"])).toBe(0);
  const lock = await open.stores.locks.acquire("purge", 1000);
  expect(await open.stores.locks.acquire("purge", 1000)).toBeUndefined();
  await lock?.release();
  expect(Math.abs((await link.now()) - Date.now())).toBeLessThan(5000);
});

it("of one server, which does not know its own address, works too", async () => {
  const server = await startPrivateRedis({ args: ["--cluster-enabled", "yes"] });
  const client = new Redis(server.url);
  await client.call("CLUSTER", "ADDSLOTS", ...Array.from({ length: 16_384 }, (_, slot) => slot));
  await eventually(async () => String(await client.call("CLUSTER", "INFO")).includes("cluster_state:ok"));
  const openIds = Array.from({ length: 30 }, (_, i) => `o${i}`);
  for (const openId of openIds) await client.rpush(`mina:openid:${openId}`, plainEntry(`f-${openId}`, FAR));
  for (const url of [server.url, server.url.replace("redis:", "redis+cluster:")]) {
    const lone = await openAt(url);
    const ledger = lone.stores.ledger({ broadcastId: url, runId: "r" });
    const replies = await ledger.claim(openIds);
    expect(replies.map((reply) => "formId" in reply && reply.formId)).toEqual(openIds.map((id) => `f-${id}`));
    expect(await ledger.release(openIds)).toEqual(openIds.map(() => true));
    lone.close();
  }
  client.disconnect();
  await server.stop();
});
