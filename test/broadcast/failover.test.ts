import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Ledger } from "../../src/broadcast/ports.ts";
import type { Run } from "../../src/broadcast/run.ts";
import { PushCliError, SweepCutError } from "../../src/errors.ts";
import { type PrivateRedis, startPrivateRedis } from "../../src/local-redis/private-redis.ts";
import { eventually } from "../helpers/cluster.ts";
import { viewRedis } from "../helpers/redis.ts";
import { startRelay } from "../helpers/relay.ts";
import { drive, openRunDeps } from "./drive.ts";
import { broadcast, checkBooks, giveUsers, outcomes, until, useWorld } from "./world.ts";

/* A replica that takes its master's place lacks the last writes which that had acknowledged. */

const USERS = 900;

const world = useWorld({ sandbox: { latencyMs: 15 } });

let replica: PrivateRedis;
let client: Redis;
beforeAll(async () => {
  replica = await startPrivateRedis();
  client = new Redis(replica.url);
});
afterAll(async () => {
  client?.disconnect();
  await replica?.stop();
});

it("what a failover loses of a run that goes on, it writes again: nobody gets the message twice", async () => {
  await giveUsers(world, USERS, { codes: 2 });
  await client.replicaof("127.0.0.1", world.redis.server.port);
  await eventually(async () => (await client.info("replication")).includes("master_link_status:up"));
  let hangUps = 0;
  let isOver = false;
  const relay = await startRelay([world.redis.client, client], () => {
    if (!isOver) return undefined;
    return hangUps++ === 0 ? { hangUp: true } : { to: 1 };
  });
  const { url } = relay;
  const running = broadcast({ ...world, redis: { ...world.redis, url } }, ["--concurrency", "32"]);
  const { stats } = world.sandbox;
  await until(() => stats().delivered >= 200);
  await client.replicaof("NO", "ONE");
  const copied = stats().delivered;
  await until(() => stats().delivered >= copied + 200);
  isOver = true;
  const result = await running;
  await relay.close();
  expect(result.code, result.stderr).toBe(0);
  expect(hangUps).toBeGreaterThan(1);
  const after = {
    redis: viewRedis(replica.url, client, (pattern) => client.keys(pattern)),
    sandbox: world.sandbox,
  };
  const document = await checkBooks(after, result, 2 * USERS);
  expect(document).toMatchObject({ status: "finished", outcomes: outcomes({ sent: USERS }), open: 0 });
  expect(stats()).toMatchObject({ delivered: USERS, maxPerUser: 1 });
  // Everybody's other code is still there, and no code of those that were used.
  for (const entries of Object.values(await after.redis.pools())) {
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatch(/"formId":"u\d+-b"/);
  }
});

/** Two users, one after the other; between them the connection is lost. Returns what was asked of the ledger, in order. */
async function driveOver(settle: (calls: number) => void = () => {}) {
  await giveUsers(world, 2);
  const { deps, close } = await openRunDeps(world, {});
  const calls: string[] = [];
  let connections = 1;
  let run: Run | undefined;
  const watched = (ledger: Ledger): Ledger => ({
    ...ledger,
    get connections() {
      return connections;
    },
    claim: (openIds, ...more) => {
      calls.push(`claim ${openIds}`);
      return ledger.claim(openIds, ...more);
    },
    settle: async (settlements) => {
      calls.push(`settle ${settlements.map(({ openId }) => openId)}`);
      settle(calls.length);
      return ledger.settle(settlements);
    },
  });
  const { result } = await drive(world, {
    onStart: (started) => {
      run = started;
    },
    ports: {
      openLedger: (options) => watched(deps.openLedger(options)),
      async *sweepPools() {
        yield ["u0"];
        await until(() => run?.tally.outcomes.sent === 1 && run.settler.size === 0);
        connections++;
        yield ["u1"];
      },
    },
  });
  await close();
  return { calls, result };
}

it("what was settled is written again before anybody else is claimed", async () => {
  const { calls, result } = await driveOver();
  expect(calls).toEqual(["claim u0", "settle u0", "settle u0", "claim u1", "settle u1"]);
  expect(result).toMatchObject({
    status: "finished",
    recipients: 2,
    outcomes: { sent: 2 },
    codes: { spent: 2 },
  });
});

it("where that fails, nobody else is claimed, and it is tried once more at the end", async () => {
  const { calls, result } = await driveOver((count) => {
    if (count === 3) throw new PushCliError("redis", "refused");
  });
  expect(calls).toEqual(["claim u0", "settle u0", "settle u0", "settle u0"]);
  expect(result).toMatchObject({ status: "stopped", reason: expect.stringContaining("refused") });
  expect(world.sandbox.stats()).toMatchObject({ delivered: 1 });
});

it("a claim of this run that was sent to before is not taken for a new one when only its settlement is lost", async () => {
  await giveUsers(world, 3, { codes: 2 });
  const { deps, close } = await openRunDeps(world, {});
  /** Acknowledges u0's first settlement and forgets it. */
  const forgetful = (ledger: Ledger): Ledger => {
    let isForgotten = false;
    return {
      // With the number of connections as it is now, so that nothing is written again.
      ...ledger,
      settle: async (settlements) => {
        const isFirst = !isForgotten && settlements.some(({ openId }) => openId === "u0");
        isForgotten ||= isFirst;
        const settled = await ledger.settle(settlements.filter(({ openId }) => !isFirst || openId !== "u0"));
        return settlements.map(({ openId }) => (isFirst && openId === "u0" ? true : settled.shift()!));
      },
    };
  };
  let sweeps = 0;
  const { result } = await drive(world, {
    ports: {
      openLedger: (options) => forgetful(deps.openLedger(options)),
      async *sweepPools() {
        yield* deps.sweepPools();
        if (sweeps++ > 0) return;
        await until(() => world.sandbox.stats().delivered === 3);
        await new Promise((resolve) => setTimeout(resolve, 200));
        throw new SweepCutError();
      },
    },
  });
  await close();
  expect(sweeps).toBe(2);
  expect(result).toMatchObject({ status: "finished", open: 0, codes: { refused: 0 } });
  expect(world.sandbox.stats()).toMatchObject({ delivered: 3, maxPerUser: 1 });
  expect(await world.redis.client.hget("{mina:openid:u0}:sends", result.broadcastId)).toMatch(/^sent /);
  expect(await world.redis.entries("u0")).toHaveLength(1);
});
