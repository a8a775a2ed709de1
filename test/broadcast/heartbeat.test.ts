import { describe, expect, it } from "vitest";
import { Heartbeat } from "../../src/broadcast/heartbeat.ts";
import type { BroadcastStore, KnownRun, RunInfo, RunState } from "../../src/broadcast/record.ts";
import { FakeClock } from "./fake-clock.ts";

const STATE: RunState = {
  untilMs: 0,
  codes: { spent: 0, expired: 0, refused: 0, released: 0 },
  errors: [],
};
const OWN: RunInfo = { runId: "own", host: "here", pid: 1, sinceMs: 0 };

/** How the other run looked at this run's last good beat, and how after the next one. */
type Look = "absent" | "alive" | "over";

function runs(look: Look): KnownRun[] {
  const own = { ...OWN, ...STATE, alive: true };
  if (look === "absent") return [own];
  return [own, { ...OWN, ...STATE, runId: "other", host: "there", alive: look === "alive" }];
}

interface Beat {
  before: Look;
  after: Look;
  /** Whether each beat finds the heartbeat still there; the last goes for those that follow. */
  unbroken: boolean[];
  /** The first look at the other runs after a beat fails. */
  blind?: boolean;
}

/** Beats after the start until a beat goes well; returns the host of the run that fenced this one off, if any. */
async function beatOnce({ before, after, unbroken, blind = false }: Beat): Promise<string | undefined> {
  let beaten = () => {};
  const once = new Promise<void>((resolve) => {
    beaten = resolve;
  });
  let beats = 0;
  const store = {
    wanted: async () => undefined,
    beginRun: async () => undefined,
    endRun: async () => undefined,
    runs: async () => {
      if (blind && beats === 1) throw new Error("Redis is away");
      return runs(beats === 0 ? before : after);
    },
    beat: async () => {
      beats++;
      return unbroken[beats - 1] ?? unbroken.at(-1);
    },
  } as unknown as BroadcastStore;
  let fencedBy: string | undefined;
  const heartbeat = new Heartbeat(store, "b-1", OWN, new FakeClock(), {
    state: () => STATE,
    onBeat: () => beaten(),
    onFenced: ({ host }) => {
      fencedBy = host;
    },
    onLost: () => {},
    onWanted: () => {},
  });
  await heartbeat.start();
  await once;
  await heartbeat.end();
  return fencedBy;
}

describe("a run whose heartbeat had lapsed", () => {
  it.each<[string, Look, Look]>([
    ["is at work", "alive", "alive"],
    ["came up meanwhile", "absent", "alive"],
    ["came up meanwhile and ended", "absent", "over"],
    ["was at work beside it and ended meanwhile", "alive", "over"],
  ])("is fenced off when another run %s", async (_, before, after) => {
    expect(await beatOnce({ before, after, unbroken: [false, true] })).toBe("there");
  });

  it("is fenced off too when it could not look around at once", async () => {
    const beat: Beat = { before: "absent", after: "alive", unbroken: [false, true], blind: true };
    expect(await beatOnce(beat)).toBe("there");
  });

  it.each<[string, Look, Look]>([
    ["there is no other", "absent", "absent"],
    ["the other was over before", "over", "over"],
  ])("goes on when %s", async (_, before, after) => {
    expect(await beatOnce({ before, after, unbroken: [false, true] })).toBeUndefined();
  });
});

it("a run whose heartbeat never lapsed has nothing to fear from others", async () => {
  expect(await beatOnce({ before: "alive", after: "over", unbroken: [true] })).toBeUndefined();
  expect(await beatOnce({ before: "absent", after: "alive", unbroken: [true] })).toBeUndefined();
});

it("a run trusts its claims for half a lease after its last beat, so that it stops well before another may take over", async () => {
  let now = 1000;
  const clock = { ...new FakeClock(), monotonic: () => now, sleep: async () => {} };
  // Redis answers no beat.
  const store = {
    beginRun: async () => undefined,
    runs: async () => runs("absent"),
    beat: () => new Promise(() => {}),
  } as unknown as BroadcastStore;
  const events = {
    state: () => STATE,
    onBeat: () => {},
    onFenced: () => {},
    onLost: () => {},
    onWanted: () => {},
  };
  const heartbeat = new Heartbeat(store, "b-1", OWN, clock, events);
  expect(heartbeat.fresh).toBe(false);
  await heartbeat.start();
  now += 7499;
  expect(heartbeat.fresh).toBe(true);
  now += 1;
  expect(heartbeat.fresh).toBe(false);
});

it("a machine that slept has no claims that are certain, although its monotonic clock stood still meanwhile", async () => {
  let now = 1000;
  const clock = { ...new FakeClock(), monotonic: () => 0, now: () => now, sleep: async () => {} };
  const store = {
    beginRun: async () => undefined,
    runs: async () => runs("absent"),
    beat: () => new Promise(() => {}),
  } as unknown as BroadcastStore;
  const nothing = { onBeat: () => {}, onFenced: () => {}, onLost: () => {}, onWanted: () => {} };
  const heartbeat = new Heartbeat(store, "b-1", OWN, clock, { state: () => STATE, ...nothing });
  await heartbeat.start();
  now -= 3_600_000;
  expect(heartbeat.fresh, "a clock that was set back says nothing").toBe(true);
  now += 3_600_000 + 20 * 60_000;
  expect(heartbeat.fresh).toBe(false);
});

it("a run that came and went while this one stood still in its beat fences it off at the next", async () => {
  let now = 1000;
  const clock = { ...new FakeClock(), monotonic: () => now, now: () => now, sleep: async () => {} };
  let beats = 0;
  const store = {
    wanted: async () => undefined,
    beginRun: async () => undefined,
    endRun: async () => undefined,
    runs: async () => runs(beats === 0 ? "absent" : "over"),
    // The first one renews the heartbeat in Redis, and its answer is read 20 s later.
    beat: async () => {
      beats++;
      if (beats === 1) now += 20_000;
      return beats !== 2;
    },
  } as unknown as BroadcastStore;
  const fenced = await new Promise<string>((resolve, reject) => {
    const heartbeat = new Heartbeat(store, "b-1", OWN, clock, {
      state: () => STATE,
      onBeat: () => {
        if (beats > 2) reject(new Error("not fenced off"));
      },
      onFenced: ({ host }) => {
        void heartbeat.end().then(() => resolve(host));
      },
      onLost: () => {},
      onWanted: () => {},
    });
    void heartbeat.start();
  });
  expect(fenced).toBe("there");
});
