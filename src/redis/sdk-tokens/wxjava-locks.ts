import { randomUUID } from "node:crypto";
import { PushCliError } from "../../errors.ts";
import type { HeldLock } from "../../token/ports.ts";
import type { RedisLink } from "../link.ts";
import { createLockStore } from "../lock-store.ts";
import { SCRIPTS } from "../scripts.ts";

/** The lifetime that JedisLock gives a lock, and more than push-cli ever holds one. */
const JEDIS_LIFE_MS = 60_000;
/** jedis-lock 1: the owner and when the lock expires; older versions: only the time. Epoch ms. */
const JEDIS_VALUE = /^(?:[0-9a-f-]{36}:)?(\d{13})$/;

/**
 * The lock that WxJava takes before it refreshes a token, in a form that both of its string locks respect:
 *
 * - RedisTemplateSimpleDistributedLock: SET NX PX 60000 with a UUID, deleted only by its owner. Any value keeps it out.
 * - JedisLock: SETNX of `<UUID>:<epoch ms>` without a TTL; it takes over a lock whose value says that it has expired, or
 *   holds no time at all. So push-cli writes such a value, with a time that it never reaches, and sets a TTL as well; and it
 *   removes an expired one, as JedisLock would. JedisLock's takeover by GETSET can overwrite a lock that was taken at that
 *   moment, even its own; the lock then counts as lost here.
 *
 * A backend whose WxRedisOps are Redisson's stores a HASH under this key, and a client waiting for it would fail on a string.
 * Such a lock is waited for, and from then on none is taken.
 *
 * Source: util/locks/RedisTemplateSimpleDistributedLock.java (binarywang/WxJava), util/locks/JedisDistributedLock.java
 * (xz-wtx/WxJava), JedisLock.java (abelaska/jedis-lock), RedissonLock.java (redisson/redisson).
 */
export function createWxJavaLocks(link: RedisLink, key: string) {
  const newOwner = async () => `${randomUUID()}:${(await link.now()) + JEDIS_LIFE_MS}`;
  const locks = createLockStore(link, { lock: () => key }, newOwner);
  let isRedissons = false;
  return {
    releaseAll: locks.releaseAll,
    async acquire(name: string, ttlMs: number, holdMs?: number): Promise<HeldLock | undefined> {
      const type = await link.call(link.client.type(key));
      if (type === "hash") isRedissons = true;
      if (type !== "none" && type !== "string") return undefined;
      if (isRedissons) throw redissonError(key);
      if (type === "string") await removeLapsed(link, key);
      return locks.acquire(name, ttlMs, holdMs);
    },
  };
}

async function removeLapsed(link: RedisLink, key: string): Promise<void> {
  const [value, ttlMs] = await Promise.all([
    link.call(link.client.get(key)),
    link.call(link.client.pttl(key)),
  ]);
  const lapsesAt = Number(JEDIS_VALUE.exec(value ?? "")?.[1] ?? Number.POSITIVE_INFINITY);
  if (ttlMs !== -1 || lapsesAt >= (await link.now())) return;
  await link.run(SCRIPTS.releaseLock, [key], [value ?? ""]);
}

function redissonError(key: string): PushCliError {
  return new PushCliError(
    "config",
    `the backend locks "${key}" with Redisson, and push-cli does not take such locks`,
    { hint: "give --token-store wxjava-redisson, which reads the token and leaves it to the backend" },
  );
}
