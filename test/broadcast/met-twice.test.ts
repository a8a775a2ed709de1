import { expect, it } from "vitest";
import type { Ledger } from "../../src/broadcast/ports.ts";
import { resumeBroadcast } from "../../src/broadcast/resume.ts";
import type { Run } from "../../src/broadcast/run.ts";
import { systemClock } from "../../src/clock.ts";
import { openStores } from "../../src/redis/stores.ts";
import { plainEntry } from "../helpers/redis.ts";
import { drive, engineOptions, openRunDeps } from "./drive.ts";
import { broadcast, giveCode, giveUsers, HOUR_MS, until, useWorld } from "./world.ts";

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

it("a user who is met again while in hand, and settled before that is answered, gets one message", async () => {
  await giveCode(world, "u0", "wx20261123120000000000", { uses: 3 });
  await giveUsers(world, 2, { prefix: "v" });
  const { deps, close } = await openRunDeps(world, {});
  let run: Run | undefined;
  const statuses: string[] = [];
  const { sender } = deps;
  /** The second batch asks when the first is in hand, which is sent to only then, and is answered when that is settled. */
  const slow = (ledger: Ledger): Ledger => {
    let calls = 0;
    return {
      ...ledger,
      claim: async (openIds, sighting) => {
        const isFirst = calls++ === 0;
        const replies = await ledger.claim(openIds, sighting);
        if (isFirst) return replies;
        statuses.push(...replies.map(({ status }) => status));
        await until(() => run?.tally.outcomes.sent === 2 && run.inHand.size === 0);
        return replies;
      },
    };
  };
  const { result } = await drive(world, {
    onStart: (started) => {
      run = started;
    },
    ports: {
      openLedger: (options) => slow(deps.openLedger(options)),
      sender: {
        send: async (...message) => {
          await until(() => statuses.length > 0);
          return sender.send(...message);
        },
        close: () => sender.close(),
      },
      async *sweepPools() {
        yield ["u0", "v0"];
        await until(() => run?.inHand.size === 2);
        yield ["u0", "v1"];
      },
    },
  });
  await close();
  expect(statuses).toEqual(["mine", "claimed"]);
  expect(result).toMatchObject({ recipients: 3, outcomes: { sent: 3 }, codes: { spent: 3, refused: 0 } });
  expect(run).toMatchObject({ ownClaims: 3 });
  expect(world.sandbox.stats()).toMatchObject({ delivered: 3, maxPerUser: 1 });
});

it("a user who had no code when the ledgers were swept, and has one when the pools are, counts once", async () => {
  await giveUsers(world, 2);
  // The platform does not know this code: refused, it leaves a record without a code.
  await world.redis.push("late", plainEntry("late-unknown", Date.now() + HOUR_MS));
  await broadcast(world, ["--id", "b-1", "--limit", "1", "--to", "late", "u0", "u1"]);
  const { deps, close } = await openRunDeps(world, {});
  const audience = deps.store.audience;
  let sweeps = 0;
  deps.store.audience = async function* (record) {
    if (++sweeps === 2) await giveCode(world, "late", "late-good");
    yield* audience(record);
  };
  const spec = { engine: engineOptions(), retry: [], join: false, limit: null };
  const { result } = await resumeBroadcast({ ...deps, say: () => {} }, "b-1", spec);
  await close();
  expect(sweeps).toBe(2);
  expect(result).toMatchObject({ recipients: 3, outcomes: { sent: 3, no_code: 0 } });
});
