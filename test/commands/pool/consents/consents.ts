import { writeConsent } from "../../../../src/pool/consent.ts";
import type { CliOptions } from "../../../helpers/cli.ts";
import type { World } from "../../world.ts";

export const DAY_MS = 86_400_000;
export const T1 = "M0CrXTpTVO2zD9mHwFp-jvoUaxw4XbzxBsHnOsewN_8";
export const T2 = "ZxCrXTpTVO2zD9mHwFp-jvoUaxw4XbzxBsHnOsewN_9";
/** The same at every look. */
export const NOW = Date.now();

export function entry(id: string, days = 0, standing = false): string {
  return writeConsent({ id, atMs: NOW - days * DAY_MS, standing });
}

/** The command line on the channel whose messages spend consents, and what lies in its pools. */
export function useConsents(world: World) {
  const key = (openId: string, templateId: string) => `mina:consent:{${openId}}:${templateId}`;
  return {
    key,
    cli: (argv: string[], options: CliOptions = {}) => {
      const env = { PUSH_CLI_CHANNEL: "wechat-subscribe", ...options.env };
      return world.cli(argv, { ...options, env });
    },
    give: async (openId: string, templateId: string, ...entries: string[]) => {
      await world.redis.client.rpush(key(openId, templateId), ...entries);
    },
    entries: (openId: string, templateId: string) =>
      world.redis.client.lrange(key(openId, templateId), 0, -1),
    /** Everything under the prefix: "lists before, lists after". */
    all: async (): Promise<Record<string, string[]>> => {
      const lists: Record<string, string[]> = {};
      for (const name of (await world.redis.client.keys("mina:consent:*")).sort())
        if ((await world.redis.client.type(name)) === "list")
          lists[name.slice("mina:consent:".length)] = await world.redis.client.lrange(name, 0, -1);
      return lists;
    },
  };
}
