import { expect, it } from "vitest";
import type { Ledger } from "../../src/broadcast/ports.ts";
import { systemClock } from "../../src/clock.ts";
import { openStores } from "../../src/redis/stores.ts";
import { drive } from "./drive.ts";
import { giveUsers, until, useWorld } from "./world.ts";

/* SCAN may return a key twice, and a batch of claims is answered when its last user is. */

const world = useWorld();

it.each([
  ["before the second claim is answered", 0],
  ["after that, when the first was sent to and settled", 1],
])("a user who is met twice gets one request, whose first claim is answered %s", async (_, held) => {
  await giveUsers(world, 4, { codes: 2 });
  const url = world.redis.url;
  const opened = await openStores({
    keyPrefix: "mina:",
    poolPrefix: "mina:openid:",
    redisUrl: url,
    shownUrl: url,
    clock: systemClock,
  });
  const answered = [false, false];
  /** Holds back the answer of one of the two batches until the other's users are through. */
  const slow = (ledger: Ledger): Ledger => {
    let calls = 0;
    return {
      ...ledger,
      claim: async (openIds, sighting) => {
        const call = calls++;
        // In the order of the calls, as over one connection.
        const replies = await ledger.claim(openIds, sighting);
        if (call === held)
          await until(() => answered[1 - held] === true && world.sandbox.stats().delivered > 0);
        answered[call] = true;
        return replies;
      },
    };
  };
  const { result } = await drive(world, {
    concurrency: 4,
    ports: {
      openLedger: (options) => slow(opened.stores.ledger(options)),
      async *sweepPools() {
        yield ["u0", "u1"];
        yield ["u0", "u2"];
      },
    },
  });
  opened.close();
  expect(result).toMatchObject({ recipients: 3, outcomes: { sent: 3 }, codes: { spent: 3, refused: 0 } });
  expect(world.sandbox.stats()).toMatchObject({ delivered: 3, maxPerUser: 1, requests: 4 });
  // One of them for the token. The other code of each is still there.
  expect(await world.redis.entries("u0")).toHaveLength(1);
});
