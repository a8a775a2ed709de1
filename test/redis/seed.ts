import type { TestRedis } from "../helpers/redis.ts";

/** An expiry that no test will see. */
export const FAR = 4_102_444_800_000;
/** One of long ago. */
export const PAST = 1_568_000_000_000;

/** How the times of the facts page begin, in ms as in s. */
export const MS_TEXT = "1568000";

/** Seeds a pool of any length in steps that a connection digests. */
export async function pushMany(redis: TestRedis, openId: string, entries: string[]): Promise<void> {
  for (let at = 0; at < entries.length; at += 5000) await redis.push(openId, ...entries.slice(at, at + 5000));
}

/** Everything in the database, by key: its bytes and whether it expires. */
export async function dumpAll(redis: TestRedis): Promise<Record<string, unknown>> {
  const { client } = redis;
  const dump: Record<string, unknown> = {};
  for (const key of (await client.keys("*")).sort()) {
    // Redis' own serialisation: any difference of value shows in it.
    dump[key] = {
      value: (await client.dumpBuffer(key))?.toString("latin1"),
      expires: (await client.ttl(key)) > 0,
    };
  }
  return dump;
}

/** How many script calls the server ran since `config resetstat`. */
export async function countScriptCalls(redis: TestRedis): Promise<number> {
  const stats = await redis.client.info("commandstats");
  const calls = [...stats.matchAll(/^cmdstat_eval(?:sha)?:calls=(\d+)/gm)].map((hit) => Number(hit[1]));
  return calls.reduce((sum, count) => sum + count, 0);
}
