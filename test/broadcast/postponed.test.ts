import { expect, it } from "vitest";
import type { Ledger } from "../../src/broadcast/ports.ts";
import type { Run } from "../../src/broadcast/run.ts";
import { systemClock } from "../../src/clock.ts";
import { type OpenStores, openStores } from "../../src/redis/stores.ts";
import { drive } from "./drive.ts";
import { giveUsers, until, useWorld } from "./world.ts";

/* Users to whom another broadcast is sending, whatever tells of it: they are claimed again, and nobody is left out. */

const world = useWorld();

/** A ledger that puts a user off so many times; `between` happens before the time after those. */
function puttingOff(ledger: Ledger, openId: string, times: number, between = async () => {}): Ledger {
  let left = times;
  return {
    ...ledger,
    claim: async (openIds, sighting) => {
      if (!openIds.includes(openId)) return ledger.claim(openIds, sighting);
      if (left-- <= 0) {
        await between();
        return ledger.claim(openIds, sighting);
      }
      const others = await ledger.claim(
        openIds.filter((each) => each !== openId),
        sighting,
      );
      return openIds.map((each) =>
        each === openId ? { status: "later", openId } : others.find((reply) => reply.openId === each)!,
      );
    },
  };
}

async function withStores<T>(work: (opened: OpenStores) => Promise<T>): Promise<T> {
  const { url } = world.redis;
  const prefixes = { keyPrefix: "mina:", poolPrefix: "mina:openid:" };
  const opened = await openStores({ ...prefixes, redisUrl: url, shownUrl: url, clock: systemClock });
  try {
    return await work(opened);
  } finally {
    opened.close();
  }
}

it("while the audience goes on", async () => {
  await giveUsers(world, 2);
  const { result } = await withStores(({ stores }) =>
    drive(world, {
      ports: {
        openLedger: (needs) => puttingOff(stores.ledger(needs), "u0", 2),
        async *sweepPools() {
          yield ["u0"];
          // A long audience, of whom u0 is to see nothing.
          await until(() => world.sandbox.stats().delivered === 1);
          yield ["u1"];
        },
      },
    }),
  );
  expect(result).toMatchObject({ status: "finished", outcomes: { sent: 2 }, recipients: 2 });
  expect(world.sandbox.stats()).toMatchObject({ delivered: 2, maxPerUser: 1 });
});

it("also when another run of this broadcast has claimed them meanwhile, and died", async () => {
  await giveUsers(world, 2);
  const { result } = await withStores(({ stores }) =>
    drive(world, {
      ports: {
        openLedger: (needs) =>
          puttingOff(stores.ledger(needs), "u0", 1, async () => {
            await stores.ledger({ ...needs, runId: "killed" }).claim(["u0"]);
          }),
      },
    }),
  );
  expect(result).toMatchObject({ status: "finished", outcomes: { sent: 2 }, recipients: 2, open: 0 });
  expect(world.sandbox.stats()).toMatchObject({ delivered: 2, maxPerUser: 1 });
});

it("not beyond the limit, which others have used up", async () => {
  await giveUsers(world, 3);
  const { result } = await withStores(({ stores }) =>
    drive(world, {
      limit: 2,
      ports: {
        openLedger: (needs) => puttingOff(stores.ledger(needs), "u0", 1),
        async *sweepPools() {
          yield ["u0", "u1", "u2"];
        },
      },
    }),
  );
  expect(result).toMatchObject({ status: "finished", outcomes: { sent: 2 }, recipients: 2 });
});

it("and a stop does not wait for them", async () => {
  await giveUsers(world, 2);
  const { result } = await withStores(({ stores }) =>
    drive(world, {
      onStart: (run: Run) =>
        void until(() => run.postponed.size > 0 && run.tally.outcomes.sent === 1).then(() =>
          run.stop({ status: "interrupted", exit: "sigint", message: "interrupted" }),
        ),
      ports: { openLedger: (needs) => puttingOff(stores.ledger(needs), "u0", Number.POSITIVE_INFINITY) },
    }),
  );
  expect(result).toMatchObject({ status: "interrupted", outcomes: { sent: 1 } });
});
