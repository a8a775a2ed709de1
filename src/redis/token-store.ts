import type { Clock } from "../clock.ts";
import type { TokenStore } from "../token/ports.ts";
import type { Keys } from "./keys.ts";
import type { RedisLink } from "./link.ts";

/** The token as WxJava-like backends keep it: a raw string that lapses with its TTL. */
export function createTokenStore(link: RedisLink, keys: Keys, clock: Clock): TokenStore {
  return {
    keyOf: keys.accessToken,
    async load(appid) {
      const key = keys.accessToken(appid);
      const [token, ttlMs] = await link.call(Promise.all([link.client.get(key), link.client.pttl(key)]));
      // A key without a TTL is somebody else's doing; asking again soon is the safe reading of it.
      if (token === null || token === "" || ttlMs === -2) return undefined;
      return { token, expiresAtMs: clock.now() + Math.max(ttlMs, 0) };
    },
    async save(appid, token, ttlMs) {
      await link.call(link.client.set(keys.accessToken(appid), token, "PX", Math.max(1, Math.floor(ttlMs))));
    },
  };
}
