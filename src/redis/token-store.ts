import type { Clock } from "../clock.ts";
import type { TokenStore } from "../token/ports.ts";
import type { Keys } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { FRESH, readStoredToken, type Wrap } from "./token-form.ts";

/**
 * The token as backends store it: a string that expires by its TTL, raw unless the previous one was wrapped.
 */
export function createTokenStore(link: RedisLink, keys: Keys, clock: Clock): TokenStore {
  /** Of the last value found: it may have expired by the time a new one is written. */
  let wrap: Wrap = FRESH.raw;
  const read = async (key: string) => {
    const value = await link.call(link.client.getBuffer(key));
    if (value === null || value.length === 0) return undefined;
    const form = readStoredToken(value.toString("latin1"));
    if (form) wrap = form.wrap;
    return form ?? "unreadable";
  };
  return {
    name: "push-cli",
    guard: "locked",
    keyOf: keys.accessToken,
    lockOf: (appid) => ({ key: keys.lock(`token:${appid}`) }),
    async load(appid) {
      const key = keys.accessToken(appid);
      const [form, ttlMs] = await Promise.all([read(key), link.call(link.client.pttl(key))]);
      // Another program made a key without a TTL; the safe interpretation is to ask again soon.
      if (form === undefined || form === "unreadable" || ttlMs === -2) return undefined;
      return { token: form.token, expiresAtMs: clock.now() + Math.max(ttlMs, 0) };
    },
    async save(appid, token, ttlMs) {
      const key = keys.accessToken(appid);
      const before = await read(key);
      const value = Buffer.from(wrap(token, Math.floor(ttlMs / 1000)), "latin1");
      await link.call(link.client.set(key, value, "PX", Math.max(1, Math.floor(ttlMs))));
      return { overwrote: before === "unreadable" };
    },
  };
}
