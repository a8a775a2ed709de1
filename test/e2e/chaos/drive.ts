import { setTimeout as sleep } from "node:timers/promises";
import { checkCanary } from "./check-canary.ts";
import { checkEnds } from "./check-ends.ts";
import type { Cli } from "./cli.ts";
import type { Blow, Moment } from "./plan.ts";
import { BROADCAST, KEYS, type World } from "./world.ts";

/** Ends in time for a broadcast that has to be resumed now and then, and never for one that can't be. */
const MAX_PROCESSES = 20;
/** Longer than a run's lease, which is 15 s. */
const LONG_PAUSE_MS = 17_000;

/** Does to the broadcast what the plan says, and brings it to its end as an operator would. */
export async function driveBroadcast(world: World): Promise<void> {
  const { kind, blows } = world.plan;
  if (world.campaign) await world.run("suppress", "import", world.campaign.suppressed).ended;
  if (kind === "joined") await driveJoined(world);
  if (kind === "paused") await drivePaused(world);
  await driveAlone(world, kind === "joined" || kind === "paused" ? [] : [...blows]);
  if (world.plan.retry) await driveRetry(world, world.plan.retry);
  if (world.plan.show) await world.run("broadcast", "show", BROADCAST, "--exact").ended;
}

/** Tries unknown outcomes once more; struck down, that is resumed as anything else. */
async function driveRetry(world: World, blow: Blow): Promise<void> {
  if (checkEnds(world).length > 0) return;
  await suffer(world, world.resume("--retry-unknown"), blow);
  await driveAlone(world, []);
}

/** One process after the other, until the broadcast is finished. */
export async function driveAlone(world: World, blows: Blow[], flags: string[] = []): Promise<void> {
  for (let processes = 0; processes < MAX_PROCESSES; processes++) {
    const status = await world.client.hget(KEYS.record, "status");
    if (status === "finished") return;
    const cli = status === null ? world.start() : world.resume(...flags);
    await suffer(world, cli, blows.shift());
    await checkCanary(world);
    // What went wrong once would go wrong again.
    if (checkEnds(world).length > 0) return;
  }
}

/** The first process and those that join it work at the same time; the blows fall on any of them. */
async function driveJoined(world: World): Promise<void> {
  const { api, chance, plan } = world;
  const first = world.start();
  await Promise.race([api.afterSends(chance.int(1, 100)), first.ended]);
  const all = [first];
  for (let i = 0; i < plan.joiners; i++) {
    all.push(world.resume("--join"));
    await sleep(chance.int(0, 200));
  }
  const suffering = plan.blows.map((blow) => suffer(world, chance.pick(all), blow));
  await Promise.all([...suffering, ...all.map(({ ended }) => ended)]);
  await checkCanary(world);
}

/** The first process stops for a while, and another wants to go on with the broadcast: beside it, or after it. */
async function drivePaused(world: World): Promise<void> {
  const { chance, plan } = world;
  const first = world.start();
  const joined = chance.hit(50);
  const helper = joined ? await joinEarly(world, first) : undefined;
  await arrive(world, first, plan.blows[0]!.at);
  first.strike("SIGSTOP");
  const other = helper ?? world.resume();
  // Awake before its lease ends, the first goes on; awake long after that, it must not.
  await Promise.race([sleep(chance.hit(25) ? chance.int(3000, 9000) : LONG_PAUSE_MS), other.ended]);
  if (chance.hit(50)) await other.ended;
  first.strike("SIGCONT");
  await Promise.all([first.ended, other.ended]);
}

async function joinEarly(world: World, first: Cli): Promise<Cli> {
  await Promise.race([world.api.afterSends(1), first.ended]);
  return world.resume("--join");
}

/** Deals the blow when its moment has come; returns when the process is over. */
export async function suffer(world: World, cli: Cli, blow: Blow | undefined): Promise<void> {
  if (blow) {
    await arrive(world, cli, blow.at);
    cli.strike(blow.signal);
    if (blow.againAfterMs !== undefined) {
      await Promise.race([sleep(blow.againAfterMs), cli.ended]);
      cli.strike(blow.signal);
    }
  }
  const end = await cli.ended;
  if (end.signal === "SIGKILL") world.claimsLeft += await countClaims(world);
}

/** Resolves at the moment, or when the process is over before that. */
async function arrive(world: World, { ended }: Pick<Cli, "ended">, moment: Moment): Promise<void> {
  const over = new AbortController();
  void ended.then(() => over.abort());
  if ("ms" in moment) await Promise.race([sleep(moment.ms), ended]);
  else if ("sends" in moment) await Promise.race([world.api.afterSends(moment.sends), ended]);
  else await Promise.race([seeKey(world, KEYS[moment.key], over.signal), ended]);
}

/** Asks without a pause: what follows the key is a matter of milliseconds. */
async function seeKey({ client }: World, pattern: string, over: AbortSignal): Promise<void> {
  while (!over.aborted && (await client.keys(pattern)).length === 0);
}

/** For the record only: shows that a kill hit something. */
async function countClaims({ client, audience, keys }: World): Promise<number> {
  const pipeline = client.pipeline();
  for (const openId of audience) pipeline.hget(keys.ledger(openId), BROADCAST);
  const records = (await pipeline.exec()) ?? [];
  return records.filter(([, record]) => typeof record === "string" && record.startsWith("claimed ")).length;
}
