import { randomUUID } from "node:crypto";
import type { HeldLock, LockStore } from "../token/ports.ts";
import type { RedisLink } from "./connect.ts";
import type { Keys } from "./keys.ts";
import { SCRIPTS } from "./scripts.ts";

/** Locks by SET NX PX with an owner token: renewed at a third of their life, deleted only by their owner. */
export function createLockStore(link: RedisLink, keys: Keys): LockStore {
  return {
    async acquire(name, ttlMs) {
      const key = keys.lock(name);
      const owner = randomUUID();
      const taken = await link.call(link.client.set(key, owner, "PX", ttlMs, "NX"));
      // Sent again after a lost answer, SET NX meets our own lock.
      if (taken !== "OK" && (await link.call(link.client.get(key))) !== owner) return undefined;
      return holdLock(link, key, owner, ttlMs);
    },
  };
}

function holdLock(link: RedisLink, key: string, owner: string, ttlMs: number): HeldLock {
  const lost = new AbortController();
  const renew = async () => {
    try {
      if ((await link.run(SCRIPTS.renewLock, [key], [owner, ttlMs])) !== 1) lost.abort();
    } catch {
      // Unreachable for a third of its life: by the time it lapses, nobody may work under it.
      lost.abort();
    }
  };
  const timer = setInterval(renew, ttlMs / 3);
  timer.unref();
  return {
    lost: lost.signal,
    async release() {
      clearInterval(timer);
      await link.run(SCRIPTS.releaseLock, [key], [owner]);
    },
  };
}
