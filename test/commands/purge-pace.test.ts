import { expect, it } from "vitest";
import { plainEntry } from "../helpers/redis.ts";
import { useWorld } from "./world.ts";

const world = useWorld();
const OLD = 1_568_000_000_000;

interface Purged {
  expiredRemoved: number;
  complete: boolean;
}

async function givePools(count: number): Promise<void> {
  const batch = world.redis.client.pipeline();
  for (let i = 0; i < count; i++) batch.rpush(`mina:openid:o${i}`, plainEntry(`f${i}`, OLD));
  await batch.exec();
}

/** Commands that Redis has carried out since the last RESETSTAT, those inside scripts included; the counting itself not. */
async function countCommands(): Promise<number> {
  const stats = await world.redis.client.info("commandstats");
  let sum = 0;
  for (const [, name, calls] of stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)) {
    if (!/^(?:info|config)/.test(name!)) sum += Number(calls);
  }
  return sum;
}

it("--max-ops bounds the commands a second, those inside scripts included, evenly", async () => {
  await givePools(400);
  await world.redis.client.config("RESETSTAT");
  /** Counted at some time between the two. */
  const samples: { from: number; to: number; count: number }[] = [];
  let done = false;
  const running = world.cli(["purge", "--max-ops", "600/s", "--json"]).finally(() => {
    done = true;
  });
  while (!done) {
    const from = performance.now();
    const count = await countCommands();
    samples.push({ from, to: performance.now(), count });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const result = await running;
  expect(result.code, result.stderr).toBe(0);
  expect(result.json<Purged>()).toMatchObject({ expiredRemoved: 400, complete: true });
  expect(samples.length).toBeGreaterThan(5);
  // Two steps' worth and what connects and locks on top; without the limit all 800 and more come at once.
  for (const [i, { from, count }] of samples.entries()) {
    for (const later of samples.slice(i + 1)) {
      expect(later.count - count).toBeLessThanOrEqual(600 * ((later.to - from) / 1000) + 100);
    }
  }
});

it.each(["0/s", "fast", "10/d"])("--max-ops %s is refused", async (value) => {
  await givePools(1);
  const { code, stderr } = await world.cli(["purge", "--max-ops", value, "--json"]);
  expect(code).toBe(2);
  expect(JSON.parse(stderr).error.message).toContain(`"${value}" is not a rate`);
  expect(await world.redis.client.dbsize()).toBe(1);
});

/** Runs a slow purge of 2,000 pools, and `disturb` once it has begun to remove. */
async function purgeDisturbed(argv: string[], disturb: (signal: (name: "SIGINT") => void) => unknown) {
  await givePools(2000);
  let running = true;
  const onStart = (signal: (name: "SIGINT") => void) => {
    void (async () => {
      while (running && (await world.redis.client.dbsize()) > 1950);
      await disturb(signal);
    })();
  };
  const result = await world.cli(["purge", "--max-ops", "1000/s", ...argv], { onStart });
  running = false;
  return result;
}

it("tells at Ctrl-C what it has done so far", async () => {
  const result = await purgeDisturbed([], (signal) => signal("SIGINT"));
  expect(result.code).toBe(130);
  expect(result.stderr).toContain("stopping: waiting for steps in progress");
  const removed = 2000 - (await world.redis.client.dbsize());
  expect(removed).toBeGreaterThan(0);
  expect(removed).toBeLessThan(2000);
  expect(result.stdout).toContain(`${removed}`);
});

it("tells what it has done so far, too, when Redis takes no more writes", async () => {
  const result = await purgeDisturbed(["--json"], () =>
    world.redis.client.config("SET", "min-replicas-to-write", "1"),
  );
  await world.redis.client.config("SET", "min-replicas-to-write", "0");
  expect(result.code).toBe(6);
  expect(JSON.parse(result.stderr).error.code).toBe("redis");
  const { expiredRemoved, complete } = result.json<Purged>();
  expect(complete).toBe(false);
  expect(expiredRemoved).toBeGreaterThan(0);
  expect(2000 - (await world.redis.client.keys("mina:openid:*")).length).toBe(expiredRemoved);
});
