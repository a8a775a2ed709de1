import { checkEnds } from "../check-ends.ts";
import { driveAlone, suffer } from "../drive.ts";
import { BROADCAST, KEYS, type World } from "../world.ts";
import { checkHalt, countDoubts } from "./check.ts";

/** Longer than receipts take to be written. */
const WAIT = ["--wait-receipts", "3s"];
const MAX_RETRIES = 4;

/**
 * Part of the audience with lost answers and blows; then the receipts, and everybody else, and whoever no receipt tells of is
 * tried again: as an operator would, until nothing is unknown.
 */
export async function driveSubscribe(world: World): Promise<void> {
  const { plan, api, collector, wrongs } = world;
  await driveAlone(world, [...plan.blows]);
  wrongs.push(...(await checkHalt(world, "before the receipts", false)));
  await collector?.collect();
  api.platform.dice.setFaults([]);
  if (collector) collector.isAwake = true;
  await step(world, ["--limit", "none", ...WAIT]);
  wrongs.push(...(await checkHalt(world, "after the receipts", true)));
  for (let i = 0; i < MAX_RETRIES && (await countDoubts(world)) > 0; i++)
    await step(world, ["--retry-unknown", ...WAIT], i > 0);
  if (plan.show) await world.run("broadcast", "show", BROADCAST, "--exact").ended;
}

/** A resume, which may be struck: before it began, so that it has to be begun again, or later. */
async function step(world: World, flags: string[], spared = false): Promise<void> {
  if (checkEnds(world).length > 0) return;
  await suffer(world, world.resume(...flags), spared ? undefined : world.plan.retry);
  const isUntouched = (await world.client.hget(KEYS.record, "status")) === "finished";
  if (isUntouched && world.ends.at(-1)?.signal === "SIGKILL")
    await suffer(world, world.resume(...flags), undefined);
  await driveAlone(world, [], WAIT);
}
