import type { Canary, CanaryProgress, CanaryVerdict } from "../broadcast/canary.ts";
import type { BroadcastStore } from "../broadcast/record.ts";
import type { Keys } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { SCRIPTS } from "./scripts.ts";

/** Fields of the record beside `canary`, so that each can be set by the first run that knows it. */
const SENT_AT = "canarySentAtMs";
const VERDICT = "canaryVerdict";

type CanaryMethods = Pick<BroadcastStore, "noteCanary" | "canaryProgress" | "overrideCanary">;

/** How far the canaries of broadcasts have come. */
export function createCanaries(link: RedisLink, keys: Keys): CanaryMethods {
  const { client, call } = link;
  const progress = async (id: string): Promise<CanaryProgress | undefined> => {
    const key = keys.broadcast(id);
    const [there, sentAtMs, verdict] = await call(
      Promise.all(["id", SENT_AT, VERDICT].map((field) => client.hget(key, field))),
    );
    return there ? readProgress(sentAtMs ?? undefined, verdict ?? undefined) : undefined;
  };
  return {
    canaryProgress: progress,
    noteCanary: async (id, news) => {
      const [field, value] = "verdict" in news ? [VERDICT, JSON.stringify(news)] : [SENT_AT, news.sentAtMs];
      await link.run(SCRIPTS.fillField, [keys.broadcast(id)], [field, value]);
      return progress(id);
    },
    overrideCanary: async (id, verdict) => {
      await link.run(SCRIPTS.updateBroadcast, [keys.broadcast(id)], [0, VERDICT, JSON.stringify(verdict)]);
    },
  };
}

/** The canary of a record; undefined without one. */
export function readCanary(hash: Record<string, string>): Canary | undefined {
  if (hash.canary === undefined) return undefined;
  return { ...(JSON.parse(hash.canary) as Canary), ...readProgress(hash[SENT_AT], hash[VERDICT]) };
}

function readProgress(sentAtMs: string | undefined, verdict: string | undefined): CanaryProgress {
  return {
    ...(sentAtMs === undefined ? {} : { sentAtMs: Number(sentAtMs) }),
    ...(verdict === undefined ? {} : (JSON.parse(verdict) as CanaryVerdict)),
  };
}
