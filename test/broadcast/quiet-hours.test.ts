import { expect, test } from "vitest";
import { startBroadcast } from "../../src/broadcast/broadcast.ts";
import type { EngineOptions } from "../../src/broadcast/engine-options.ts";
import type { Addressee, MessageSender, SendAnswer } from "../../src/broadcast/ports.ts";
import type { Run } from "../../src/broadcast/run.ts";
import { isQuietAt, type QuietHours, type Schedule } from "../../src/broadcast/schedule.ts";
import { whyWaiting } from "../../src/broadcast/waiting.ts";
import type { Clock } from "../../src/clock.ts";
import { drive, engineOptions, hurriedClock, MESSAGE, openRunDeps } from "./drive.ts";
import { checkBooks, countCodes, giveUsers, ledgers, setFaults, until, useWorld } from "./world.ts";

const world = useWorld({ sandbox: { latencyMs: 10 } });

const ZONE = "Asia/Shanghai";
const at = (hour: number) => Date.UTC(2026, 10, 27, hour - 8);
const EVENING = at(21);
const NIGHT = at(23);
const MORNING = at(24 + 8);
const quietHours: QuietHours = { from: 22 * 60, to: 8 * 60, timeZone: ZONE };

/** How many times as fast as ours. */
const TIMES = 10;

/** Its wall clock can be set. */
function settableClock() {
  const clock = hurriedClock(TIMES, EVENING);
  let shiftMs = 0;
  return {
    ...clock,
    now: () => clock.now() + shiftMs,
    set: (ms: number) => {
      shiftMs = ms - clock.now();
    },
  };
}

type SettableClock = ReturnType<typeof settableClock>;

/** The real sender, and the times at which it was asked to send. */
function timed(sender: MessageSender, clock: Clock) {
  const sends: number[] = [];
  const timedSender: MessageSender = {
    send: (to: Addressee, token: string, onAnswer: (answer: SendAnswer) => void) => {
      sends.push(clock.now());
      sender.send(to, token, onAnswer);
    },
    close: () => sender.close(),
  };
  return { timedSender, sends };
}

interface Night extends Partial<EngineOptions> {
  schedule?: Schedule;
  /** When night falls. */
  falls(run: Run): boolean;
  /** During the night, at whose end the morning comes; a run that was stopped ends in the night. */
  inTheNight(run: Run, clock: SettableClock): Promise<unknown>;
}

/** Two codes each. */
async function throughTheNight(users: number, { falls, inTheNight, schedule, ...engine }: Night) {
  await giveUsers(world, users, { codes: 2 });
  const clock = settableClock();
  const { deps, close } = await openRunDeps(world, { clock, concurrency: 4 });
  const { timedSender, sends } = timed(deps.sender, clock);
  const nights: Promise<void>[] = [];
  const night = async (run: Run) => {
    await until(() => falls(run));
    clock.set(NIGHT);
    await until(() => run.timing.waiting !== undefined);
    await inTheNight(run, clock);
    if (!run.signal.aborted) clock.set(MORNING);
  };
  try {
    const driven = await drive(world, {
      clock,
      concurrency: 4,
      ports: { sender: timedSender },
      schedule: { quietHours, ...schedule },
      onStart: (run) => nights.push(night(run)),
      ...engine,
    });
    await Promise.all(nights);
    return { ...driven, sends, quietSends: sends.filter((ms) => isQuietAt(quietHours, ms)), clock };
  } finally {
    await close();
  }
}

const delivered = () => world.sandbox.stats().delivered;

test("in quiet hours nothing is claimed or sent, what was claimed is back in its pool, and the rest follows", async () => {
  const { result, run, json, sends, quietSends } = await throughTheNight(200, {
    falls: () => delivered() >= 50,
    inTheNight: async (run) => {
      expect(whyWaiting(run)).toBe(`quiet hours until 08:00 (${ZONE})`);
      await until(() => run.inHand.size === 0);
      expect(await countCodes(world), "no code is in the run's hands").toBe(400 - delivered());
      expect([...(await ledgers(world)).values()].filter((state) => state !== "sent")).toEqual([]);
    },
  });
  expect(result).toMatchObject({ status: "finished", outcomes: { sent: 200 }, recipients: 200 });
  expect(result.codes.released).toBeGreaterThan(0);
  expect(quietSends).toEqual([]);
  expect(sends).toHaveLength(200);
  expect(run.claims, "each counts once").toBe(200);
  await checkBooks(world, { json }, 400);
});

test("the time in them is no work", async () => {
  let restedMs = 0;
  const startedAt = performance.now();
  const { result } = await throughTheNight(60, {
    falls: () => delivered() >= 20,
    inTheNight: async (run) => {
      await until(() => run.timing.rest.ms > 20_000);
      restedMs = run.timing.rest.ms;
    },
  });
  const wholeMs = TIMES * (performance.now() - startedAt);
  expect(result.durationMs).toBeLessThanOrEqual(wholeMs - restedMs);
});

test("a limit counts those once who were handed back", async () => {
  const { result, run, json, quietSends } = await throughTheNight(200, {
    limit: 100,
    falls: () => delivered() >= 50,
    inTheNight: (run) => until(() => run.inHand.size === 0),
  });
  expect(result).toMatchObject({ status: "finished", outcomes: { sent: 100 }, recipients: 100 });
  expect(result.codes.released).toBeGreaterThan(0);
  expect(run.claims).toBe(100);
  expect(quietSends).toEqual([]);
  await checkBooks(world, { json }, 400);
});

test("the last recipients, claimed when everybody else is done, are handed back and claimed again, too", async () => {
  const { result, json, quietSends } = await throughTheNight(20, {
    rate: 0.5,
    falls: (run) => run.inHand.size > 0 && run.ownClaims === 20 && delivered() > 12,
    inTheNight: (run) => until(() => run.inHand.size === 0),
  });
  expect(result).toMatchObject({ status: "finished", outcomes: { sent: 20 } });
  expect(result.codes.released).toBeGreaterThan(0);
  expect(quietSends).toEqual([]);
  await checkBooks(world, { json }, 40);
});

test("whose attempt may have arrived keeps the code through the night, and gets no second message", async () => {
  setFaults(world, "reset-after:40");
  let parked = 0;
  const { result, json, quietSends } = await throughTheNight(100, {
    falls: () => delivered() >= 40,
    inTheNight: async (run) => {
      await until(() => run.inFlight === 0 && run.timing.parked.every(({ uncertain }) => uncertain));
      setFaults(world);
      parked = run.timing.parked.length;
      const states = [...(await ledgers(world)).values()];
      expect(states.filter((state) => state === "claimed").length).toBeGreaterThanOrEqual(parked);
    },
  });
  expect(parked).toBeGreaterThan(0);
  expect(result).toMatchObject({ status: "finished", outcomes: { sent: 100 } });
  expect(quietSends).toEqual([]);
  await checkBooks(world, { json }, 200);
});

test("an outage that lasts into the night is not waited for in it", async () => {
  const { result, json, quietSends } = await throughTheNight(100, {
    maxOutageMs: 30_000,
    falls: (run) => {
      if (delivered() >= 20 && !run.breaker.isOpen) setFaults(world, "5xx:100");
      return run.breaker.isOpen;
    },
    inTheNight: async (run) => {
      await until(() => run.inHand.size === run.timing.parked.length && run.timing.rest.ms > 40_000);
      expect(run.breaker.isOpen).toBe(false);
      setFaults(world);
    },
  });
  expect(result).toMatchObject({ status: "finished", outcomes: { sent: 100 } });
  expect(quietSends).toEqual([]);
  await checkBooks(world, { json }, 200);
});

test.each([
  ["a signal", "interrupted (SIGINT)"],
  ["the deadline", "deadline 23:30 reached"],
])("%s in quiet hours ends the run at once, with all codes back", async (what, reason) => {
  const { result, json, run, clock } = await throughTheNight(100, {
    schedule: { untilMs: NIGHT + 30 * 60_000, timeZone: ZONE },
    falls: () => delivered() >= 20,
    inTheNight: async (run, clock) => {
      if (what === "the deadline") clock.set(NIGHT + 30 * 60_000);
      else run.stop({ status: "interrupted", exit: "sigint", message: reason });
      await until(() => run.signal.aborted);
    },
  });
  expect(clock.now(), "before they end").toBeLessThan(MORNING);
  expect(result).toMatchObject({ reason, open: 0 });
  expect(result.outcomes.sent).toBeLessThan(100);
  expect(run.inHand.size).toBe(0);
  await checkBooks(world, { json }, 200);
});

test("a clock that is set back before they began lets the run go on", async () => {
  const { result, json } = await throughTheNight(60, {
    falls: () => delivered() >= 20,
    inTheNight: async (run, clock) => {
      clock.set(EVENING);
      await until(() => delivered() === 60);
      expect(run.timing.waiting).toBeUndefined();
    },
  });
  expect(result).toMatchObject({ status: "finished", outcomes: { sent: 60 } });
  await checkBooks(world, { json }, 120);
});

test("whoever is claimed again afterwards gets the texts of their own row", async () => {
  const openIds = await giveUsers(world, 100, { codes: 2 });
  const clock = settableClock();
  const { deps, close } = await openRunDeps(world, { clock, concurrency: 4 });
  const texts = new Map<string, readonly (string | undefined)[] | undefined>();
  const sender: MessageSender = {
    ...deps.sender,
    send: (to, token, onAnswer) => {
      texts.set(to.openId, to.own?.values);
      deps.sender.send(to, token, onAnswer);
    },
  };
  const night = async (run: Run) => {
    await until(() => delivered() >= 30);
    clock.set(NIGHT);
    await until(() => run.timing.waiting !== undefined && run.inHand.size === 0);
    clock.set(MORNING);
  };
  const nights: Promise<void>[] = [];
  const { result } = await startBroadcast(
    { ...deps, sender, onStart: (_, run) => nights.push(night(run)) },
    {
      appid: "wx-sandbox",
      apiBase: world.sandbox.url,
      channel: "wechat-template",
      message: { ...MESSAGE, fields: [{ name: "keyword1", value: "Dear {{name}}" }], columns: ["name"] },
      audience: {
        kind: "list",
        count: 100,
        async *pages() {
          yield { openIds, rows: openIds.map((openId) => [`name of ${openId}`]) };
        },
      },
      schedule: { quietHours },
      engine: engineOptions({ concurrency: 4 }),
    },
  ).finally(close);
  await Promise.all(nights);
  expect(result).toMatchObject({ status: "finished", outcomes: { sent: 100 } });
  expect(result.codes.released).toBeGreaterThan(0);
  for (const openId of openIds) expect(texts.get(openId), openId).toEqual([`Dear name of ${openId}`]);
});
