import { Redis } from "ioredis";
import { expect, test } from "vitest";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import { cliEnv, runCli } from "../helpers/cli.ts";
import { plainEntry } from "../helpers/redis.ts";
import {
  broadcast,
  checkBooks,
  giveUsers,
  HOUR_MS,
  ledgers,
  outcomes,
  setFaults,
  useWorld,
} from "./world.ts";

const USERS = 250;
const world = useWorld({ sandbox: { latencyMs: 4 } });

/** A backend at work on the same pools until `stop`: it appends codes, good and expired and odd, and reads along. */
function startBackend() {
  const client = new Redis(world.redis.url);
  /** What it appended to each pool, in order. */
  const pushed = new Map<string, string[]>();
  let running = true;
  let reads = 0;
  const push = async (n: number) => {
    // Old users, users who come up while the broadcast runs, and strangers to it.
    const openId = n % 3 === 0 ? `new${n % 100}` : `u${(n * 7) % USERS}`;
    const formId = `p${n}`;
    const expire = n % 5 === 0 ? Date.now() - HOUR_MS : Date.now() + HOUR_MS;
    const entry = n % 11 === 0 ? `odd ${n}` : plainEntry(formId, expire);
    world.sandbox.registerCodes([{ openId, formId, expire }]);
    pushed.set(openId, [...(pushed.get(openId) ?? []), entry]);
    await client.rpush(`mina:openid:${openId}`, entry);
  };
  const writing = (async () => {
    for (let n = 1; running; n++) await push(n);
  })();
  const reading = (async () => {
    for (; running; reads++) await client.lrange(`mina:openid:u${reads % USERS}`, 0, -1);
  })();
  return {
    pushed,
    async stop() {
      running = false;
      await Promise.all([writing, reading]);
      client.disconnect();
      expect(reads).toBeGreaterThan(0);
    },
  };
}

/** Runs purges one after the other until `stop`; how many codes they removed. */
function startPurges() {
  let running = true;
  let removed = 0;
  const purging = (async () => {
    while (running) {
      const result = await runCli(["purge", "--json"], { env: cliEnv(world.redis.url) });
      expect(result.code, result.stderr).toBe(0);
      removed += result.json<{ expiredRemoved: number }>().expiredRemoved;
    }
  })();
  return {
    async stop(): Promise<number> {
      running = false;
      await purging;
      return removed;
    },
  };
}

test.each([
  ["while a backend pushes and reads", false, []],
  ["while it does, a purge runs, and requests fail", true, ["busy-delivered:4", "reset:4", "reset-after:4"]],
] as const)("%s: nothing is lost, nobody gets two", async (_, withPurge, faults) => {
  await giveUsers(world, USERS, { codes: 2 });
  for (let i = 0; i < USERS; i += 2) {
    await world.redis.client.lpush(`mina:openid:u${i}`, plainEntry(`old${i}`, Date.now() - HOUR_MS));
  }
  const before = await world.redis.pools();
  setFaults(world, ...faults);
  const backend = startBackend();
  const purges = withPurge ? startPurges() : undefined;
  const result = await broadcast(world, ["--concurrency", "16", "--id", "b-1"]);
  const purged = (await purges?.stop()) ?? 0;
  await backend.stop();

  expect(result.code, result.stderr).toBe(0);
  const document = result.json<BroadcastResult>();
  const stats = world.sandbox.stats();
  expect(stats).toMatchObject({ maxPerUser: 1, duplicates: 0, delivered: document.outcomes.sent });
  expect(document).toMatchObject({ status: "finished", open: 0 });
  for (let i = 0; i < USERS; i++) expect(stats.deliveriesByUser[`u${i}`], `u${i}`).toBe(1);
  for (const [openId, state] of await ledgers(world)) {
    // Whoever came up with nothing but an expired code, and was met then, had no code.
    expect(openId.startsWith("new") ? ["sent", "no_code"] : ["sent"], openId).toContain(state);
  }

  // What every pool ever held, less what is left, is what was sent with and what had expired, and no more; in order.
  const after = await world.redis.pools();
  const gone: string[] = [];
  const keys = new Set([
    ...Object.keys(before),
    ...[...backend.pushed.keys()].map((id) => `mina:openid:${id}`),
  ]);
  for (const key of keys) {
    const all = [...(before[key] ?? []), ...(backend.pushed.get(key.slice("mina:openid:".length)) ?? [])];
    const left = [...(after[key] ?? [])];
    for (const entry of all) {
      if (entry === left[0]) left.shift();
      else gone.push(entry);
    }
    expect(left, `${key} holds something new, or out of order`).toEqual([]);
  }
  const expired = gone.filter((entry) => entry.startsWith("{") && JSON.parse(entry).expire < Date.now());
  expect(expired).toHaveLength(document.codes.expired + purged);
  expect(gone.length - expired.length).toBe(document.outcomes.sent);
  expect(document.codes).toMatchObject({ spent: document.outcomes.sent, refused: 0 });
});

test("codes that come while the broadcast runs are a user's next, not a second message", async () => {
  await giveUsers(world, 60);
  const backend = startBackend();
  const result = await broadcast(world, ["--concurrency", "2"]);
  await backend.stop();
  expect(result.code, result.stderr).toBe(0);
  expect(world.sandbox.stats().maxPerUser).toBe(1);
});

test("two broadcasts at once take a code each, and neither another's", async () => {
  await giveUsers(world, 150, { codes: 2 });
  const [one, two] = await Promise.all([
    broadcast(world, ["--id", "one"]),
    broadcast(world, ["--id", "two"]),
  ]);
  for (const result of [one, two]) {
    expect(result.json<BroadcastResult>()).toMatchObject({
      status: "finished",
      outcomes: outcomes({ sent: 150 }),
    });
  }
  const { deliveriesByUser, delivered } = world.sandbox.stats();
  expect(delivered).toBe(300);
  expect(new Set(Object.values(deliveriesByUser))).toEqual(new Set([2]));
  expect(await world.redis.pools()).toEqual({});
});

test("two broadcasts over single codes: each code sends one message", async () => {
  await giveUsers(world, 150);
  const results = await Promise.all([broadcast(world, ["--id", "one"]), broadcast(world, ["--id", "two"])]);
  const [one, two] = results.map((result) => result.json<BroadcastResult>());
  expect(one!.outcomes.sent + two!.outcomes.sent).toBe(150);
  expect(world.sandbox.stats()).toMatchObject({ delivered: 150, maxPerUser: 1 });
});

test("the same --id twice at once: one goes, the other is refused", async () => {
  await giveUsers(world, 50, { codes: 2 });
  const results = await Promise.all([1, 2, 3].map(() => broadcast(world, ["--id", "same"])));
  expect(results.map(({ code }) => code).sort()).toEqual([0, 10, 10]);
  expect(world.sandbox.stats()).toMatchObject({ delivered: 50, maxPerUser: 1 });
  await checkBooks(world, results.find(({ code }) => code === 0)!, 100);
});
