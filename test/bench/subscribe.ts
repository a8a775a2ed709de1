import { Redis } from "ioredis";
import type { PrivateRedis } from "../../src/local-redis/private-redis.ts";
import { median } from "./feel.ts";
import { openIdOf } from "./loops.ts";
import type { Bench } from "./sending.ts";

const TEMPLATE = "bench-template";
const ROUNDS = 7;

/** One consent for each user, and nothing else. */
async function fillConsents({ url }: PrivateRedis, users: number): Promise<void> {
  const client = new Redis(url);
  await client.flushall();
  for (let from = 0; from < users; from += 10_000) {
    const pipeline = client.pipeline();
    for (let i = from; i < Math.min(users, from + 10_000); i++) {
      const entry = JSON.stringify({ consent: `consent-${i}`, at: 1_790_000_000_000 });
      pipeline.rpush(`mina:consent:{${openIdOf(i)}}:${TEMPLATE}`, entry);
    }
    await pipeline.exec();
  }
  client.disconnect();
}

/** Subscribe messages against template messages, turn about. The rate keeps them from beginning slowly, as they do. */
export async function benchSubscribe(bench: Bench): Promise<void> {
  const { redis, url, tool, broadcast, report } = bench;
  const users = bench.scale(200_000);
  const ratios: number[] = [];
  let detail = "";
  for (let i = 0; i < ROUNDS; i++) {
    await bench.fill(redis, users);
    const template = await tool(redis, url, broadcast());
    await fillConsents(redis, users);
    const subscribe = await tool(redis, url, subscribeArgs(i));
    ratios.push(template.seconds / subscribe.seconds);
    const [ours, theirs] = [subscribe, template].map(({ seconds }) => `${Math.round(users / seconds)}/s`);
    detail = `subscribe ${ours}, template ${theirs}; CPU ${subscribe.cpuSeconds.toFixed(1)} and ${template.cpuSeconds.toFixed(1)} s`;
  }
  report(
    "subscribe messages a second, no delay, concurrency 64, against template messages",
    median(ratios),
    { least: 0.97 },
    detail,
  );
}

function subscribeArgs(round: number): string[] {
  return [
    ...["broadcast", TEMPLATE, "--channel", "wechat-subscribe", "--no-preflight"],
    ...["--field", "thing1=a", "thing2=b", "thing3=c", "--rate", "1000000/s"],
    ...["--yes", "--json", "--quiet", "--id", `subscribe-${round}`, "--concurrency", "64"],
  ];
}
