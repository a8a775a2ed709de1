import { expect, test } from "vitest";
import type { BroadcastRecord } from "../../src/broadcast/record.ts";
import { resumeBroadcast } from "../../src/broadcast/resume.ts";
import type { Run } from "../../src/broadcast/run.ts";
import { whyWaiting } from "../../src/broadcast/waiting.ts";
import { drive, engineOptions, hurriedClock, openRunDeps } from "./drive.ts";
import { checkBooks, countCodes, giveUsers, until, useWorld } from "./world.ts";

/* A broadcast that begins later, by clocks that can be set. */

const world = useWorld({ sandbox: { latencyMs: 5 } });

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 27, 1);

/** A hundred times as fast as ours, and its wall clock can be set. */
function settableClock() {
  const clock = hurriedClock(100, NOW);
  let shiftMs = 0;
  return {
    ...clock,
    now: () => clock.now() + shiftMs,
    set: (ms: number) => {
      shiftMs = ms - clock.now();
    },
  };
}

async function record(): Promise<BroadcastRecord> {
  const { opened, close } = await openRunDeps(world, {});
  try {
    return (await opened.stores.broadcasts.list(1))[0]!;
  } finally {
    await close();
  }
}

test("waits for weeks, longer than a timer can, and begins when the clock says so, also after it was set", async () => {
  await giveUsers(world, 20, { codes: 2 });
  const clock = settableClock();
  const atMs = NOW + 29 * DAY_MS;
  const sleeps: number[] = [];
  const watched = {
    ...clock,
    sleep: (ms: number, signal?: AbortSignal) => {
      sleeps.push(ms);
      return clock.sleep(ms, signal);
    },
  };
  const waiting: (string | undefined)[] = [];
  const look = async (run: Run) => {
    await until(() => run.timing.isAwaitingBeginning);
    waiting.push(whyWaiting(run));
    expect(await countCodes(world)).toBe(40);
    clock.set(atMs - DAY_MS);
    await until(() => sleeps.filter((ms) => ms === 30_000).length > 3);
    waiting.push(whyWaiting(run));
    expect((await record()).status).toBe("scheduled");
    clock.set(atMs);
  };
  const looks: Promise<void>[] = [];
  const driven = await drive(world, {
    clock: watched,
    schedule: { atMs, timeZone: "UTC" },
    onStart: (run) => looks.push(look(run)),
  });
  await Promise.all(looks);
  expect(waiting[0]).toMatch(/^scheduled for 2026-12-26 01:00 \(in (28 d 23 h|29 d 0 h)\)$/);
  expect(waiting[1]).toMatch(/^scheduled for 2026-12-26 01:00 \(in (23 h \d+ min|1 d 0 h|24 h 0 min)\)$/);
  expect(Math.max(...sleeps)).toBeLessThan(2 ** 31);
  expect(driven.result).toMatchObject({ status: "finished", outcomes: { sent: 20 } });
  expect(Date.parse(driven.result.startedAt)).toBeGreaterThanOrEqual(atMs);
  await checkBooks(world, driven, 40);
});

test("in quiet hours begins when they end", async () => {
  await giveUsers(world, 10, { codes: 2 });
  const clock = settableClock();
  const atMs = NOW + 3_600_000;
  const quietHours = { from: 90, to: 180, timeZone: "UTC" };
  const set = async (run: Run) => {
    await until(() => run.timing.isAwaitingBeginning);
    expect(whyWaiting(run)).toMatch(/^scheduled for 2026-11-27 03:00 /);
    clock.set(NOW + 7_150_000);
  };
  const sets: Promise<void>[] = [];
  const { result } = await drive(world, {
    clock,
    schedule: { atMs, quietHours, timeZone: "UTC" },
    onStart: (run) => sets.push(set(run)),
  });
  await Promise.all(sets);
  expect(Date.parse(result.startedAt)).toBeGreaterThanOrEqual(Date.UTC(2026, 10, 27, 3));
  expect(result).toMatchObject({ status: "finished", outcomes: { sent: 10 } });
});

test("of two processes that wait for the same broadcast one begins it; one that joins works with it", async () => {
  await giveUsers(world, 200, { codes: 2 });
  const clock = settableClock();
  const atMs = NOW + DAY_MS;
  const { deps, close } = await openRunDeps(world, { clock });
  try {
    const spec = { engine: engineOptions(), retry: [], join: true };
    let joined: Promise<unknown> | undefined;
    const begun: string[] = [];
    const first = drive(world, {
      clock,
      schedule: { atMs, timeZone: "UTC" },
      ports: { onBegin: () => begun.push("first") },
      onStart: () => {
        joined = record().then(({ id }) =>
          resumeBroadcast(
            {
              ...deps,
              say: () => {},
              onBegin: () => begun.push("second"),
              onStart: (_, run) =>
                void until(() => run.timing.isAwaitingBeginning).then(() => clock.set(atMs)),
            },
            id,
            spec,
          ),
        );
      },
    });
    await first;
    await joined;
    expect(begun).toHaveLength(1);
    const shown = await record();
    expect(shown).toMatchObject({ status: "finished", result: { outcomes: { sent: 200 } } });
    expect(world.sandbox.stats()).toMatchObject({ delivered: 200, maxPerUser: 1 });
    expect(await countCodes(world)).toBe(200);
  } finally {
    await close();
  }
});

test("a process that stood still before it waits leaves alone what another one has begun and finished meanwhile", async () => {
  await giveUsers(world, 5);
  const { opened, close } = await openRunDeps(world, {});
  const { broadcasts } = opened.stores;
  let stoodStill = false;
  const store = {
    ...broadcasts,
    load: async (id: string) => {
      const isThere = (await broadcasts.load(id)) !== undefined;
      if (isThere && !stoodStill) await broadcasts.update(id, { status: "finished", beganBy: "another" });
      stoodStill ||= isThere;
      return broadcasts.load(id);
    },
  };
  try {
    const { run } = await drive(world, {
      clock: settableClock(),
      schedule: { atMs: NOW + DAY_MS, timeZone: "UTC" },
      ports: { store },
    });
    expect(stoodStill).toBe(true);
    expect(run.stopReason).toMatchObject({
      exit: "locked",
      message: expect.stringContaining("another process"),
    });
    expect((await record()).status).toBe("finished");
    expect(await countCodes(world)).toBe(5);
  } finally {
    await close();
  }
});
