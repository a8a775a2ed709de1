import { afterEach, beforeEach, expect, it } from "vitest";
import type { BroadcastDeps, Ended } from "../../src/broadcast/deps.ts";
import type { BroadcastRecord, BroadcastResult, RunInfo, RunState } from "../../src/broadcast/record.ts";
import { type ResumeSpec, resumeBroadcast } from "../../src/broadcast/resume.ts";
import type { OpenStores } from "../../src/redis/stores.ts";
import { engineOptions, MESSAGE, openRunDeps } from "./drive.ts";
import { giveUsers, useWorld } from "./world.ts";

/* What others write into the record between two steps of a run. */

const USERS = 10;
const LATE: RunInfo = { runId: "late", host: "elsewhere", pid: 7, sinceMs: 1 };
const STATE: RunState = { untilMs: 1, codes: { spent: 0, expired: 0, refused: 0, released: 0 }, errors: [] };
const BY = { by: "ops@there" };

const world = useWorld();
let deps: BroadcastDeps;
let opened: OpenStores;
let close: () => Promise<void>;

beforeEach(async () => {
  ({ deps, opened, close } = await openRunDeps(world, {}));
  await giveUsers(world, USERS);
});
afterEach(() => close());

async function create(changes: Partial<BroadcastRecord> = {}): Promise<void> {
  const own = { appid: "wx-sandbox", message: MESSAGE, audience: "pools", status: "running" } as const;
  await deps.store.create({ id: "b1", firstRunId: "first", startedAtMs: Date.now(), ...own, ...changes });
}

function resume(spec: Partial<ResumeSpec> = {}, store: Partial<BroadcastDeps["store"]> = {}): Promise<Ended> {
  const own = { ...deps, store: { ...deps.store, ...store }, say: () => {} };
  return resumeBroadcast(own, "b1", { engine: engineOptions(), retry: [], join: false, ...spec });
}

const record = () => deps.store.load("b1");
const delivered = () => world.sandbox.stats().delivered;

it("a run that comes while the last one writes its end keeps the broadcast open, and its list", async () => {
  await create({ audience: "list" });
  const users = Array.from({ length: USERS }, (_, i) => `u${i}`);
  await deps.store.addAudience({ id: "b1", firstRunId: "first" }, { openIds: users }, 0);
  const { result } = await resume(
    {},
    {
      end: async (...args) => {
        await deps.store.beginRun("b1", LATE, STATE, 60_000);
        return deps.store.end(...args);
      },
    },
  );
  expect(result.outcomes.sent).toBe(USERS);
  expect(await record()).toMatchObject({ status: "running" });
  expect((await record())?.recipients).toBeUndefined();
  expect(await world.redis.client.llen("mina:broadcast:b1:audience:first")).toBe(USERS);
});

it("a wider limit reaches everybody, also when the run before it ended while it was waited for", async () => {
  await create({ limit: 4 });
  await resume({ engine: { ...engineOptions(), limit: 4 } });
  const end = (await record()) as BroadcastRecord;
  expect(end).toMatchObject({ status: "finished", recipients: 4, cut: true });
  const { cut, recipients, result, finishedAtMs } = end;
  const none = { cut: undefined, recipients: undefined, result: undefined, finishedAtMs: undefined };
  await deps.store.update("b1", { status: "running", ...none });
  let isWaitedFor = true;
  await resume(
    { limit: null },
    {
      runs: async (id) => {
        if (isWaitedFor)
          await deps.store.update("b1", { status: "finished", cut, recipients, result, finishedAtMs });
        isWaitedFor = false;
        return deps.store.runs(id);
      },
    },
  );
  expect(delivered()).toBe(USERS);
  expect(await record()).toMatchObject({ status: "finished", recipients: USERS });
});

it.each(["pause", "cancel"] as const)(
  "a request to %s that comes as a run enters is obeyed",
  async (action) => {
    const status = action === "pause" ? "paused" : "cancelled";
    for (const step of ["beginRun", "move"] as const) {
      await world.redis.client.flushall();
      await giveUsers(world, USERS);
      await create();
      let isNew = true;
      const halt = async () => {
        if (isNew) await deps.store.update("b1", { status, wanted: { action, ...BY } });
        isNew = false;
      };
      const store: Partial<BroadcastDeps["store"]> = {
        beginRun: async (...args) => {
          if (step === "beginRun") await halt();
          return deps.store.beginRun(...args);
        },
        move: async (...args) => {
          if (step === "move") await halt();
          return deps.store.move(...args);
        },
      };
      const { result } = await resume({}, store);
      expect(result, step).toMatchObject({ status, outcomes: { sent: 0 } });
      expect(await record()).toMatchObject({ status });
      expect(delivered()).toBe(0);
    }
  },
);

it("what is begun because it is due is not begun after somebody has paused it", async () => {
  await create({ status: "paused", schedule: { atMs: 1, timeZone: "UTC" } });
  await expect(resume({ beginsScheduled: true })).rejects.toMatchObject({
    kind: "locked",
    message: "broadcast 'b1' is no longer scheduled: paused",
  });
  expect(delivered()).toBe(0);
});

it("a finished broadcast with claims of a run that was killed is finished by a resume", async () => {
  await create();
  const other = opened.stores.ledger({ broadcastId: "b1", runId: LATE.runId });
  await deps.store.beginRun("b1", LATE, STATE, 60_000);
  await deps.store.buryRun("b1", LATE.runId);
  expect(await other.claim(["u3"])).toMatchObject([{ status: "claimed" }]);
  const outcomes = { sent: USERS - 1 } as BroadcastResult["outcomes"];
  const result = { outcomes, open: 1 } as BroadcastResult;
  await deps.store.update("b1", { status: "finished", recipients: USERS, result });
  const ended = await resume();
  expect(ended.result).toMatchObject({ status: "finished", open: 0 });
  expect(world.sandbox.stats().deliveriesByUser).toEqual({ u3: 1 });
});

it("with a limit, no other run joins: neither knows of the other's claims in time", async () => {
  await create({ limit: 4 });
  await deps.store.beginRun("b1", LATE, STATE, 60_000);
  await expect(resume({ join: true })).rejects.toMatchObject({
    kind: "locked",
    message: expect.stringContaining("with a limit, one run sends alone"),
    hint: "wait for it to end, or join it with --limit none",
  });
  expect(delivered()).toBe(0);
  await resume({ join: true, limit: null });
  expect(delivered()).toBe(USERS);
});

it("a run that may join, and is alone, keeps to the limit", async () => {
  await create({ limit: 4 });
  await resume({ join: true });
  expect(delivered()).toBe(4);
});
