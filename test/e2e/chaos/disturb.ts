import { setTimeout as sleep } from "node:timers/promises";
import type { Outage } from "./plan.ts";
import { renderEntry } from "./pools.ts";
import { freshEntry, issued } from "./populate.ts";
import type { World } from "./world.ts";

/** What goes on around the tool while it works; `end` stops it and resolves when everything is up and settled. */
export interface Disturbance {
  end(): Promise<void>;
}

export function disturb(world: World): Disturbance {
  const over = new AbortController();
  const work = Promise.all([
    breakRedis(world, over.signal),
    pushCodes(world, over.signal),
    purgePools(world),
    takeReceiptsIn(world, over.signal),
  ]);
  // A failure is the round's: it comes out of `end`, however long that takes.
  work.catch(() => undefined);
  return {
    end: async () => {
      over.abort();
      await work;
    },
  };
}

async function breakRedis(world: World, over: AbortSignal): Promise<void> {
  for (const outage of world.plan.outages) {
    await Promise.race([world.api.afterSends(outage.afterSends), aborted(over)]);
    if (over.aborted) return;
    await takeRedisDown(world, outage);
  }
}

async function takeRedisDown({ server, client, outages }: World, { how, downMs }: Outage): Promise<void> {
  if (how === "cut") {
    await client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    return;
  }
  const from = performance.now();
  process.kill(server.pid, how);
  await sleep(downMs);
  await server.restart();
  outages.push({ from, to: performance.now() });
}

/** The mini program's backend at work: new codes for users that there are. */
async function pushCodes(
  { plan, users, api, client, chance, keys }: World,
  over: AbortSignal,
): Promise<void> {
  if (plan.pushEveryMs === 0) return;
  const all = [...users.values()];
  for (let number = 0; !over.aborted; number++) {
    const user = chance.pick(all);
    const entry = freshEntry(user.openId, number, Date.now());
    const [code] = issued(user.openId, entry);
    api.platform.codes.register([code!]);
    await client.rpush(keys.pool(user.openId), renderEntry(entry));
    user.pushed.push(entry);
    await sleep(plan.pushEveryMs);
  }
}

/** What cron does every night: it may come at any time. */
async function purgePools({ plan, api, chance, run }: World): Promise<void> {
  if (!plan.purge) return;
  await Promise.race([api.afterSends(chance.int(1, plan.users / 3)), sleep(5000)]);
  await run("purge").ended;
}

/** The mini program's callback at work: receipts of subscribe messages as they come. */
async function takeReceiptsIn({ collector }: World, over: AbortSignal): Promise<void> {
  while (collector && !over.aborted) {
    if (collector.isAwake) await collector.collect();
    await sleep(20);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
