import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BroadcastDeps } from "../../src/broadcast/deps.ts";
import type { Ledger } from "../../src/broadcast/ports.ts";
import type { Fate, RunInfo, RunState } from "../../src/broadcast/record.ts";
import { resumeBroadcast } from "../../src/broadcast/resume.ts";
import type { Run } from "../../src/broadcast/run.ts";
import type { OpenStores } from "../../src/redis/stores.ts";
import { engineOptions, MESSAGE, openRunDeps } from "./drive.ts";
import { checkBooks, giveCode, giveUsers, until, useWorld } from "./world.ts";

const USERS = 20;
const OTHER: RunInfo = { runId: "other", host: "elsewhere", pid: 7, sinceMs: 1 };
const STATE: RunState = { untilMs: 1, codes: { spent: 0, expired: 0, refused: 0, released: 0 }, errors: [] };

const world = useWorld();

let deps: BroadcastDeps;
let opened: OpenStores;
let close: () => Promise<void>;
/** What the other run does with its claims. */
let other: Ledger;
/** Whole sweeps over the pools. */
let sweeps: number;

beforeEach(async () => {
  ({ deps, opened, close } = await openRunDeps(world, {}));
  other = opened.stores.ledger({ broadcastId: "b1", runId: OTHER.runId });
  sweeps = 0;
  await giveUsers(world, USERS);
  await deps.store.create({
    id: "b1",
    firstRunId: OTHER.runId,
    appid: "wx-sandbox",
    message: MESSAGE,
    audience: "pools",
    status: "running",
    startedAtMs: Date.now(),
  });
});
afterEach(() => close());

/** The other run as its heartbeat shows it. */
async function enterOther(look: "lapsed" | "alive"): Promise<void> {
  await deps.store.beginRun("b1", OTHER, STATE, 600_000);
  if (look === "lapsed") await deps.store.buryRun("b1", OTHER.runId);
}

interface Moves {
  fate?: Fate;
  join?: boolean;
  /** Between the sweep over the ledgers and the one over the pools: behind the back of both. */
  behindTheBack(): Promise<unknown>;
  /** Once the first sweep is over. */
  later?(): Promise<unknown>;
  onStart?(run: Run): void;
}

async function resume({ fate = "unknown", join = false, behindTheBack, later, onStart }: Moves) {
  const ended = await resumeBroadcast(
    {
      ...deps,
      fateOf: () => fate,
      onStart: (_, run) => onStart?.(run),
      sweepPools: async function* () {
        if (sweeps++ === 0) await behindTheBack();
        yield* deps.sweepPools();
      },
      sweepLedgers: async function* () {
        if (sweeps === 1) await later?.();
        yield* deps.sweepLedgers();
      },
      say: () => {},
    },
    "b1",
    { engine: engineOptions(), retry: [], join },
  );
  return { result: ended.result, json: <T>() => ended.result as T };
}

const claim = async () => {
  expect(await other.claim(["u3"])).toMatchObject([{ status: "claimed" }]);
};

describe("a run taken for dead that was alive, and claimed behind the back of the sweep,", () => {
  it.each<[string, (() => Promise<unknown>) | undefined]>([
    ["releases when it is fenced off", () => other.release(["u3"])],
    ["stays silent", undefined],
    [
      "has sent before it is fenced off",
      async () => {
        const expire = Date.now() + 3_600_000;
        world.sandbox.registerCodes([{ openId: "u3", formId: "u3-a", expire }]);
        await sendTo("u3", "u3-a");
        expect(await other.settle([{ openId: "u3", outcome: "sent", attempts: 1 }])).toEqual([true]);
      },
    ],
  ])("leaves nobody out and nothing uncounted when it %s", async (_, later) => {
    await enterOther("lapsed");
    const ended = await resume({ behindTheBack: claim, ...(later && { later }) });
    expect(ended.result).toMatchObject({ status: "finished", recipients: USERS, outcomes: { sent: USERS } });
    await checkBooks(world, ended, USERS);
    expect(world.sandbox.stats()).toMatchObject({ delivered: USERS, maxPerUser: 1 });
  });
});

it("a user whose code of several uses was in the hands of such a run is not sent to again", async () => {
  await giveCode(world, "multi", "multi-a", { uses: 3 });
  await enterOther("lapsed");
  const ended = await resume({
    behindTheBack: async () => {
      expect(await other.claim(["multi"])).toMatchObject([{ status: "claimed", multiUse: true }]);
      await sendTo("multi", "multi-a");
    },
  });
  expect(ended.result).toMatchObject({ status: "finished", outcomes: { sent: USERS, unknown: 1 } });
  expect(world.sandbox.stats()).toMatchObject({ delivered: USERS + 1, maxPerUser: 1 });
  // It comes too late to enter that, and can't put back what was used.
  expect(await other.settle([{ openId: "multi", outcome: "sent", attempts: 1 }])).toEqual([false]);
  expect(await other.release(["multi"])).toEqual([false]);
});

it("a run that is alive beside this one may release behind its back, too", async () => {
  await enterOther("alive");
  const ended = await resume({ join: true, behindTheBack: claim, later: () => other.release(["u3"]) });
  expect(ended.result).toMatchObject({ status: "finished", recipients: USERS, outcomes: { sent: USERS } });
  await checkBooks(world, ended, USERS);
});

it("runs that are surely over cost no second sweep", async () => {
  await enterOther("lapsed");
  await resume({ fate: "gone", behindTheBack: async () => {} });
  expect(sweeps).toBe(1);
});

it("a run that ended by itself costs none either", async () => {
  await enterOther("alive");
  await deps.store.endRun("b1", OTHER, STATE);
  await resume({ behindTheBack: async () => {} });
  expect(sweeps).toBe(1);
});

it("a run whose heartbeat comes back before this one is in the record keeps its claims", async () => {
  await enterOther("lapsed");
  await claim();
  const { beginRun } = deps.store;
  deps.store.beginRun = async (...args) => {
    // It has not seen anybody yet, and so it goes on.
    await deps.store.beat("b1", OTHER, STATE, 600_000);
    await beginRun(...args);
  };
  const ended = await resume({
    behindTheBack: async () => {},
    onStart: (run) => {
      void until(() => run.waitingFor !== undefined).then(() =>
        other.settle([{ openId: "u3", outcome: "sent", attempts: 1 }]),
      );
    },
  });
  expect(ended.result.outcomes.sent).toBe(USERS);
  expect(world.sandbox.stats().deliveriesByUser.u3, "the other run's to send").toBeUndefined();
});

async function sendTo(openId: string, formId: string): Promise<void> {
  const token = await deps.tokens.current();
  await new Promise((resolve) => deps.sender.send({ openId, formId }, token, resolve));
}
