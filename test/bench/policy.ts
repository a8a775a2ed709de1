import { Redis } from "ioredis";
import type { PrivateRedis } from "../../src/local-redis/private-redis.ts";
import { median } from "./feel.ts";
import { openIdOf } from "./loops.ts";
import type { Bench } from "./sending.ts";

const ROUNDS = 7;
/** What each user has been sent before, by other broadcasts: with two, none of them is capped by three. */
const SENT_BEFORE = 2;
const POLICY = ["--cap", "3/24h"];

/** Ledgers as a cap has to read them. The plain broadcast has them, too. */
async function fillLedgers({ url }: PrivateRedis, users: number): Promise<void> {
  const client = new Redis(url);
  const atMs = Date.now() - 3_600_000;
  for (let from = 0; from < users; from += 10_000) {
    const pipeline = client.pipeline();
    for (let i = from; i < Math.min(users, from + 10_000); i++) {
      for (let n = 0; n < SENT_BEFORE; n++) {
        const record = `sent run${n} 1 ${atMs} 0 form-${i}-${n} - 0 ${atMs}`;
        pipeline.hset(`{mina:openid:${openIdOf(i)}}:sends`, `earlier-${n}`, record);
      }
    }
    await pipeline.exec();
  }
  client.disconnect();
}

/** A list of users who are not in the audience, as long as such lists are. */
async function fillSuppressed({ url }: PrivateRedis): Promise<void> {
  const client = new Redis(url);
  const users = Array.from({ length: 10_000 }, (_, i) => [`oGone${i}`, '{"reason":"unsubscribed"}']);
  await client.hset("mina:suppressed", ...users.flat());
  client.disconnect();
}

/** A broadcast with cap and suppression against one without, turn about. */
export async function benchPolicy(bench: Bench): Promise<void> {
  const { redis, url, tool, broadcast, report } = bench;
  const users = bench.scale(200_000);
  const ratios: number[] = [];
  let detail = "";
  for (let i = 0; i < ROUNDS; i++) {
    const measure = async (args: string[]) => {
      await bench.fill(redis, users);
      await fillLedgers(redis, users);
      if (args === POLICY) await fillSuppressed(redis);
      return tool(redis, url, [...broadcast(), ...args]);
    };
    const plain = await measure([]);
    const capped = await measure(POLICY);
    ratios.push(plain.seconds / capped.seconds);
    const [ours, theirs] = [capped, plain].map(({ seconds }) => `${Math.round(users / seconds)}/s`);
    detail = `with a cap ${ours}, without ${theirs}; CPU ${capped.cpuSeconds.toFixed(1)} and ${plain.cpuSeconds.toFixed(1)} s`;
  }
  report(
    "messages a second, no delay, concurrency 64, with cap and suppression, against those without",
    median(ratios),
    { least: 0.95 },
    detail,
  );
}
