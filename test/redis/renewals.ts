import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";

/** Makes a check again and again, until the lifetime of a lock's key was seen to rise twice. */
export async function throughRenewals(
  client: Pick<Redis, "pttl">,
  key: string,
  check: () => Promise<void>,
): Promise<void> {
  for (let renewals = 0, before = 0; renewals < 2; ) {
    const left = await client.pttl(key);
    if (left > before) renewals += before > 0 ? 1 : 0;
    before = left;
    await check();
    await sleep(50);
  }
}
