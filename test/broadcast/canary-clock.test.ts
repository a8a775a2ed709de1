import { beforeEach, describe, expect, test } from "vitest";
import type { AskCanary, CanaryQuestion } from "../../src/broadcast/canary.ts";
import type { BroadcastDeps } from "../../src/broadcast/deps.ts";
import type { BroadcastStore } from "../../src/broadcast/record.ts";
import type { Run } from "../../src/broadcast/run.ts";
import { type Clock, systemClock } from "../../src/clock.ts";
import { CANARY, runCanary } from "./canaries.ts";
import { inCanary } from "./in-canary.ts";
import { giveUsers, outcomes, setFaults, until, useWorld } from "./world.ts";

const world = useWorld();
const USERS = 200;
const WAIT_MS = CANARY.waitMs;
let chosen: string[];

beforeEach(async () => {
  const openIds = await giveUsers(world, USERS);
  chosen = openIds.filter((openId) => inCanary("b-1", 0.2, openId)).sort();
});

const deliveredTo = () => Object.keys(world.sandbox.stats().deliveriesByUser).sort();

/** The system's clock, plus what a test lets pass in an instant. */
function movableClock() {
  let aheadMs = 0;
  let passedMs = 0;
  const clock: Clock & { forward(ms: number): void; setBack(ms: number): void } = {
    ...systemClock,
    now: () => systemClock.now() + aheadMs,
    // Never set back.
    monotonic: () => systemClock.monotonic() + passedMs,
    forward: (ms) => {
      aheadMs += ms;
      passedMs += ms;
    },
    setBack: (ms) => {
      aheadMs -= ms;
    },
  };
  return clock;
}

/** Sees what the run waits for, and each verdict with the users who had the message by then. */
function watched() {
  const seen = {
    verdicts: [] as { verdict: string; delivered: string[] }[],
    run: undefined as Run | undefined,
  };
  const ports = ({ store }: BroadcastDeps): Partial<BroadcastDeps> => ({
    store: {
      ...store,
      noteCanary: async (id, news) => {
        if ("verdict" in news) seen.verdicts.push({ verdict: news.verdict, delivered: deliveredTo() });
        return store.noteCanary(id, news);
      },
    } satisfies BroadcastStore,
    onStart: (_, run) => {
      seen.run = run;
    },
  });
  return { seen, ports };
}

const isWaiting = (run: Run | undefined) => run?.waitingFor?.startsWith("verdict on the canary") === true;

describe("the wait", () => {
  test("lasts as long as it should by the wall clock, tells how long, and is no work", async () => {
    const clock = movableClock();
    const { seen, ports } = watched();
    const running = runCanary(world, { clock, ports });
    await until(() => isWaiting(seen.run));
    expect(seen.run?.waitingFor).toBe("verdict on the canary, due in 10 min");
    clock.forward(WAIT_MS - 60_000);
    await until(() => /due in (60|5\d) s/.test(seen.run?.waitingFor ?? ""));
    expect(seen.verdicts).toEqual([]);
    clock.forward(60_000);
    const { result, run } = await running;
    expect(seen.verdicts).toEqual([{ verdict: "passed", delivered: chosen }]);
    expect(result).toMatchObject({
      ...{ status: "finished", outcomes: outcomes({ sent: USERS }), codes: { spent: USERS } },
      canary: { stage: "passed", sent: chosen.length },
    });
    expect(run.waitingFor).toBeUndefined();
    expect(result.durationMs).toBeLessThan(WAIT_MS - 60_000);
    expect(result.run?.durationMs).toBe(result.durationMs);
  });

  test("is no longer than from the beginning where the clock is set back", async () => {
    const clock = movableClock();
    const { seen, ports } = watched();
    const running = runCanary(world, { clock, ports });
    await until(() => isWaiting(seen.run));
    clock.setBack(5 * WAIT_MS);
    await until(() => seen.run?.waitingFor === "verdict on the canary, due in 10 min");
    clock.forward(6 * WAIT_MS);
    expect((await running).result.status).toBe("finished");
  });

  test("is continued by a resume, whose run counts what was sent before", async () => {
    const clock = movableClock();
    const first = watched();
    const stopped = runCanary(world, { clock, ports: first.ports });
    await until(() => isWaiting(first.seen.run));
    first.seen.run?.stop({ status: "interrupted", exit: "sigint", message: "interrupted (SIGINT)" });
    expect((await stopped).result).toMatchObject({ status: "interrupted", canary: { stage: "waiting" } });
    clock.forward(WAIT_MS - 30_000);
    setFaults(world, "errcode-43101:100");
    await giveUsers(world, 1, { prefix: "late" });
    const second = watched();
    const running = runCanary(world, { clock, resume: {}, ports: second.ports });
    await until(() => isWaiting(second.seen.run));
    expect(second.seen.run?.waitingFor).toMatch(/due in (30|2\d) s/);
    setFaults(world);
    clock.forward(30_000);
    const { result } = await running;
    expect(result).toMatchObject({
      outcomes: { sent: USERS + (inCanary("b-1", 0.2, "late0") ? 0 : 1), skipped: chosen.length },
      canary: { stage: "passed", sent: chosen.length },
    });
    expect(world.sandbox.stats().maxPerUser).toBe(1);
  });

  test("that is over already is not waited for again", async () => {
    const clock = movableClock();
    const first = watched();
    const stopped = runCanary(world, { clock, ports: first.ports });
    await until(() => isWaiting(first.seen.run));
    first.seen.run?.stop({ status: "interrupted", exit: "sigint", message: "interrupted (SIGINT)" });
    await stopped;
    clock.forward(2 * WAIT_MS);
    expect((await runCanary(world, { clock, resume: {} })).result).toMatchObject({
      status: "finished",
      outcomes: { sent: USERS },
    });
  });

  test("ends when the record is deleted", async () => {
    const { seen, ports } = watched();
    const running = runCanary(world, { clock: movableClock(), ports });
    await until(() => isWaiting(seen.run));
    await world.redis.client.del("mina:broadcast:b-1");
    expect((await running).run.stopReason).toMatchObject({ isRecordGone: true });
    expect(deliveredTo()).toEqual(chosen);
  });
});

describe("two runs at once", () => {
  test("follow the verdict that is noted first, whatever each would say", async () => {
    const clock = movableClock();
    const one = watched();
    const two = watched();
    const first = runCanary(world, { clock, ports: one.ports });
    await until(() => isWaiting(one.seen.run));
    const second = runCanary(world, { clock, resume: { join: true }, ports: two.ports });
    await until(() => isWaiting(two.seen.run));
    await world.redis.open.stores.broadcasts.noteCanary("b-1", {
      verdict: "failed",
      why: "canary: of another",
    });
    clock.forward(WAIT_MS);
    for (const { result, run } of [await first, await second]) {
      expect(run.stopReason).toMatchObject({ message: "canary: of another", resumeWith: "--accept-canary" });
      expect(result.canary).toMatchObject({ stage: "failed" });
    }
    expect(deliveredTo()).toEqual(chosen);
  });

  test("send to everybody once after one passed, with the totals of both", async () => {
    const clock = movableClock();
    const one = watched();
    const two = watched();
    const first = runCanary(world, { clock, ports: one.ports });
    const second = until(() => one.seen.run !== undefined).then(() =>
      runCanary(world, { clock, resume: { join: true }, ports: two.ports }),
    );
    await until(() => isWaiting(one.seen.run) && isWaiting(two.seen.run));
    expect(deliveredTo()).toEqual(chosen);
    clock.forward(WAIT_MS);
    const ends = [await first, await second];
    for (const { delivered } of [...one.seen.verdicts, ...two.seen.verdicts])
      expect(delivered).toEqual(expect.arrayContaining(chosen));
    expect(ends.map(({ run }) => run.stopReason)).toEqual([undefined, undefined]);
    expect(ends.map(({ result }) => result.outcomes.sent)).toContain(USERS);
    expect(world.sandbox.stats()).toMatchObject({ delivered: USERS, maxPerUser: 1 });
  });
});

describe("an operator who is asked", () => {
  const asking = (answer: AskCanary) => {
    const asked: CanaryQuestion[] = [];
    const { seen, ports } = watched();
    return {
      asked,
      seen,
      ports: (deps: BroadcastDeps) => ({
        ...ports(deps),
        askCanary: ((question, signal) => {
          asked.push(question);
          return answer(question, signal);
        }) as AskCanary,
      }),
    };
  };
  const canary = { ...CANARY, waitMs: 0, asks: true };
  const clock = systemClock;

  test("lets everybody else have it, although the canary is bad", async () => {
    setFaults(world, "errcode-43101:60");
    const { asked, seen, ports } = asking(async () => {
      setFaults(world);
      return true;
    });
    const { result } = await runCanary(world, { clock, canary, ports });
    expect(asked).toEqual([
      {
        canary: expect.objectContaining({ share: 0.2 }),
        figures: expect.objectContaining({ rejected: result.outcomes.rejected }),
        why: expect.stringContaining("rejected"),
      },
    ]);
    expect(seen.verdicts).toEqual([{ verdict: "passed", delivered: expect.any(Array) }]);
    expect(result).toMatchObject({ status: "finished", canary: { stage: "passed", by: "tester@test-host" } });
  });

  test("ends it, and it stays ended", async () => {
    const { result, run } = await runCanary(world, { clock, canary, ports: asking(async () => false).ports });
    expect(run.stopReason).toMatchObject({ exit: "stopped", resumeWith: "--accept-canary" });
    expect(result).toMatchObject({
      ...{ status: "stopped", reason: "canary: not accepted by tester@test-host" },
      canary: { stage: "failed", by: "tester@test-host" },
    });
    await expect(runCanary(world, { clock, resume: {} })).rejects.toMatchObject({ kind: "confirm" });
    expect(deliveredTo()).toEqual(chosen);
  });

  test.each(["another run's verdict", "a stop"])("is asked no longer after %s", async (what) => {
    const { asked, seen, ports } = asking(
      (_, signal) => new Promise((end) => signal.addEventListener("abort", () => end(undefined))),
    );
    const running = runCanary(world, { clock, canary, ports });
    await until(() => asked.length > 0);
    const { broadcasts } = world.redis.open.stores;
    if (what === "a stop") seen.run?.stop({ status: "interrupted", exit: "sigint", message: "interrupted" });
    else await broadcasts.noteCanary("b-1", { verdict: "passed", by: "other@host" });
    const { result } = await running;
    expect(result.status).toBe(what === "a stop" ? "interrupted" : "finished");
    expect(result.canary?.stage).toBe(what === "a stop" ? "waiting" : "passed");
    expect(deliveredTo()).toHaveLength(what === "a stop" ? chosen.length : USERS);
  });
});
