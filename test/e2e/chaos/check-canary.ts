import { inCanary } from "../../broadcast/in-canary.ts";
import { BROADCAST, KEYS, type World } from "./world.ts";

/** Until there is a verdict on the canary, nobody outside it may have the message. */
export async function checkCanary({ plan, client, api, wrongs }: World): Promise<void> {
  if (plan.canary === 0) return;
  // Before the verdict: a process that still works may find it meanwhile.
  const early = [...api.platform.deliveries.keys()].filter(
    (openId) => !inCanary(BROADCAST, plan.canary / 100, openId),
  );
  const verdict = await client.hget(KEYS.record, "canaryVerdict");
  if (verdict === null && early.length > 0)
    wrongs.push(`${early.length} users outside the canary had the message before its verdict`);
}
