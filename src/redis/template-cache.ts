import type { TemplateCache } from "../broadcast/channel.ts";
import type { Keys } from "./keys.ts";
import type { RedisLink } from "./link.ts";

/** The account's template list as the channel wrote it, shared by all who send for the account. */
export function createTemplateCache(link: RedisLink, keys: Keys): TemplateCache {
  return {
    async load(appid) {
      return (await link.call(link.client.get(keys.templates(appid)))) ?? undefined;
    },
    async save(appid, json, ttlMs) {
      await link.call(link.client.set(keys.templates(appid), json, "PX", ttlMs));
    },
  };
}
