import { setImmediate as turn } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Claimed } from "../../src/broadcast/ports.ts";
import { systemClock } from "../../src/clock.ts";
import { type OpenStores, openStores } from "../../src/redis/stores.ts";
import { plainEntry, startTestRedis, type TestRedis } from "../helpers/redis.ts";
import { JAVA_ENTRY } from "../pool/forms.ts";
import { purgeAll } from "./purge-to-the-end.ts";
import { FAR, PAST } from "./seed.ts";

const USERS = 30;
const ROUNDS = 120;

let redis: TestRedis;
const opened: OpenStores[] = [];
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(async () => {
  for (const stores of opened) stores.close();
  await redis.stop();
});

async function newProcess(): Promise<OpenStores["stores"]> {
  const open = await openStores({
    keyPrefix: "mina:",
    poolPrefix: "mina:openid:",
    redisUrl: redis.url,
    shownUrl: redis.url,
    clock: systemClock,
  });
  opened.push(open);
  return open.stores;
}

const openIds = Array.from({ length: USERS }, (_, i) => `o${i}`);

/** What became of each formId, as those who handled it saw it: every one must appear exactly once in all. */
class Fates {
  readonly pushed = new Set<string>();
  readonly expired = new Set<string>();
  readonly spent: string[] = [];
  readonly refused: string[] = [];
}

/** A backend that goes on pushing: plain, listed, expired and unreadable entries. */
async function runBackend(fates: Fates, work: { done: boolean }): Promise<number> {
  let serial = 0;
  let unreadable = 0;
  const valid = () => {
    const formId = `f${serial++}`;
    fates.pushed.add(formId);
    return plainEntry(formId, FAR);
  };
  const expired = () => {
    const formId = `x${serial++}`;
    fates.expired.add(formId);
    return plainEntry(formId, PAST);
  };
  while (!work.done) {
    const openId = openIds[serial % USERS]!;
    const forms = [
      () => valid(),
      () => expired(),
      () => `[${valid()},${expired()}, ${valid()}]`,
      () => JSON.stringify(`[${expired()},${valid()}]`),
    ];
    await redis.push(openId, forms[serial % 4]!());
    if (serial % 7 === 0) {
      unreadable++;
      await redis.push(openId, `${JAVA_ENTRY}${unreadable}`);
    }
    await turn();
  }
  return unreadable;
}

/** One run: claims, and does with each code one of the things that a run does. */
async function runBroadcast(fates: Fates, broadcastId: string, runId: string): Promise<void> {
  const ledger = (await newProcess()).ledger({ broadcastId, runId });
  for (let round = 0; round < ROUNDS; round++) {
    const shuffled = [...openIds].sort(() => Math.random() - 0.5).slice(0, 10);
    for (const reply of await ledger.claim(shuffled)) {
      if (reply.status === "claimed") await handle(reply);
    }
  }

  async function handle({ openId, formId }: Claimed): Promise<void> {
    const dice = Math.random();
    if (dice < 0.4) {
      expect(await ledger.release([openId])).toEqual([true]);
    } else if (dice < 0.7) {
      const next = await ledger.next(openId, formId, 41029);
      fates.refused.push(formId);
      if (next?.status === "claimed") await handle(next);
    } else {
      expect(await ledger.settle([{ openId, outcome: "sent", attempts: 1 }])).toEqual([true]);
      fates.spent.push(formId);
    }
  }
}

/** The formIds that are left in the pools, whatever their entry's form. */
function formIdsIn(entries: string[]): string[] {
  return entries.flatMap((entry) => [...entry.matchAll(/formId\\?":\\?"([fx]\d+)/g)].map((hit) => hit[1]!));
}

it("lose no code and give none to two while runs claim, a backend pushes and a purge goes round and round", async () => {
  const fates = new Fates();
  const work = { done: false };
  const backend = runBackend(fates, work);
  const pools = (await newProcess()).pools;
  const purging = (async () => {
    let removed = 0;
    while (!work.done) {
      removed += (await purgeAll(pools)).expiredRemoved;
      await purgeAll(pools, true);
    }
    return removed;
  })();
  const runs = ["b1", "b1", "b2", "b3", "b4", "b5"].map((id, i) => runBroadcast(fates, id, `run${i}`));
  await Promise.all(runs);
  work.done = true;
  const [unreadable, removed] = await Promise.all([backend, purging]);
  const left = formIdsIn((await Promise.all(openIds.map((openId) => redis.entries(openId)))).flat());
  const valid = [...left.filter((formId) => formId.startsWith("f")), ...fates.spent, ...fates.refused];
  expect(valid.sort()).toEqual([...fates.pushed].sort());
  const expiredLeft = left.filter((formId) => formId.startsWith("x"));
  expect(new Set(expiredLeft).size).toBe(expiredLeft.length);
  expect(removed).toBeLessThanOrEqual(fates.expired.size - expiredLeft.length);
  const kept = (await Promise.all(openIds.map((openId) => redis.entries(openId))))
    .flat()
    .filter((entry) => entry.startsWith(JAVA_ENTRY));
  expect(kept.map((entry) => Number(entry.slice(JAVA_ENTRY.length))).sort((a, b) => a - b)).toEqual(
    Array.from({ length: unreadable }, (_, i) => i + 1),
  );
  expect(fates.spent.length).toBeGreaterThan(20);
  expect(fates.refused.length).toBeGreaterThan(20);
  expect(removed).toBeGreaterThan(0);
});

it("give a user of one broadcast to one of many runs", async () => {
  await redis.client.flushall();
  for (const openId of openIds)
    await redis.push(openId, ...[1, 2, 3].map((i) => plainEntry(`${openId}-${i}`, FAR)));
  const processes = await Promise.all(Array.from({ length: 6 }, newProcess));
  const claims = await Promise.all(
    processes.map((stores, i) =>
      stores.ledger({ broadcastId: "b", runId: `r${i}` }).claim([...openIds].sort(() => Math.random() - 0.5)),
    ),
  );
  const replies = claims.flat();
  expect(replies.filter(({ status }) => status === "claimed")).toHaveLength(USERS);
  expect(replies.filter(({ status }) => status === "busy")).toHaveLength(5 * USERS);
  for (const openId of openIds)
    expect(await redis.entries(openId)).toEqual([2, 3].map((i) => plainEntry(`${openId}-${i}`, FAR)));
});

it("let one of many runs take over what a dead one left", async () => {
  await redis.client.flushall();
  for (const openId of openIds) await redis.push(openId, plainEntry(`${openId}-1`, FAR));
  const dead = (await newProcess()).ledger({ broadcastId: "b", runId: "dead" });
  await dead.claim(openIds);
  const processes = await Promise.all(Array.from({ length: 6 }, newProcess));
  const heirs = processes.map((stores, i) =>
    stores.ledger({ broadcastId: "b", runId: `r${i}`, deadRuns: new Set(["dead"]) }),
  );
  const replies = (await Promise.all(heirs.map((heir) => heir.claim(openIds)))).flat();
  expect(replies.filter(({ status }) => status === "claimed")).toHaveLength(USERS);
  expect(replies.filter(({ status }) => status === "busy")).toHaveLength(5 * USERS);
  for (const reply of replies)
    if (reply.status === "claimed") expect(reply).toMatchObject({ formId: `${reply.openId}-1`, attempt: 2 });
  // The dead one was only slow: it has lost them all the same.
  expect(await dead.release(openIds)).toEqual(openIds.map(() => false));
  expect(await dead.settle(openIds.map((openId) => ({ openId, outcome: "sent", attempts: 1 })))).toEqual(
    openIds.map(() => false),
  );
  expect(await Promise.all(openIds.map((openId) => dead.next(openId, `${openId}-1`, 41029)))).toEqual(
    openIds.map(() => undefined),
  );
  expect(await redis.pools()).toEqual({});
});
