import { describe, expect, it } from "vitest";
import { nextCommands } from "../../src/broadcast/next-command.ts";
import { noCodes, noOutcomes, noWithheld } from "../../src/broadcast/outcome.ts";
import { ratePerSecond, workedMs } from "../../src/broadcast/pace.ts";
import type { BroadcastRecord, KnownRun, ProcessFacts } from "../../src/broadcast/record.ts";
import { isResumable, shownRuns, statusOf } from "../../src/broadcast/status.ts";
import { countToGo } from "../../src/broadcast/to-go.ts";
import { Earlier } from "../../src/broadcast/totals.ts";
import { viewBroadcast } from "../../src/broadcast/view.ts";
import { outcomes } from "./world.ts";

const T0 = Date.UTC(2026, 10, 26, 10);

function record(fields: Partial<BroadcastRecord> = {}): BroadcastRecord {
  return {
    id: "b-1",
    firstRunId: "r1",
    appid: "wx",
    message: { templateId: "t", fields: [] },
    audience: "pools",
    users: 1000,
    status: "running",
    startedAtMs: T0,
    ...fields,
  };
}

function run(fields: Partial<KnownRun> = {}): KnownRun {
  return {
    runId: "r1",
    host: "h",
    pid: 1,
    sinceMs: T0,
    untilMs: T0 + 10_000,
    codes: noCodes(),
    errors: [],
    outcomes: noOutcomes(),
    noCodeMet: 0,
    open: 0,
    alive: false,
    ...fields,
  };
}

describe("the status", () => {
  it("is running only with a live heartbeat, else dead", () => {
    expect(statusOf(record(), [run({ alive: true })])).toBe("running");
    expect(statusOf(record(), [run()])).toBe("dead");
    expect(statusOf(record(), [])).toBe("dead");
  });

  it("is running while the last run sums up", () => {
    expect(statusOf(record(), [run({ concluding: true })])).toBe("running");
    expect(statusOf(record({ status: "finished" }), [run({ concluding: true })])).toBe("finished");
  });

  it.each(["finished", "stopped", "interrupted", "paused", "cancelled"] as const)("%s stays", (status) => {
    expect(statusOf(record({ status }), [run()])).toBe(status);
    expect(statusOf(record({ status }), [run({ alive: true })])).toBe("running");
  });

  it("knows the runs of this host whose process is gone, and those that have just ended", async () => {
    const runs = [
      run({ runId: "gone", host: "here", pid: 404, alive: true }),
      run({ runId: "there", host: "here", pid: 7, alive: true }),
      run({ runId: "far", host: "far", pid: 404, alive: true }),
      run({ runId: "ending", host: "far", ended: true }),
      run({ runId: "ended", host: "far", ended: true, untilMs: T0 - 300_000 }),
      run({ runId: "cut", host: "here", pid: 404, ended: true }),
    ];
    const fateOf = ({ host, pid }: ProcessFacts) =>
      host === "far" ? "unknown" : pid === 7 ? ("alive" as const) : ("gone" as const);
    const needs = { fateOf, clock: { now: () => T0 + 11_000 } };
    const shown = await shownRuns({ ...needs, store: { runs: async () => runs } as never }, "b-1");
    expect(shown.map(({ runId, alive, concluding }) => [runId, alive, concluding ?? false])).toEqual([
      ["gone", false, false],
      ["there", true, false],
      ["far", true, false],
      ["ending", false, true],
      ["ended", false, false],
      ["cut", false, false],
    ]);
  });

  it("is dead when the run that was left to end it died, whoever ended before", async () => {
    const runs = [
      run({ runId: "ended", host: "far", ended: true }),
      run({ runId: "died", host: "far", untilMs: T0 + 10_500 }),
    ];
    const needs = { fateOf: () => "unknown" as const, clock: { now: () => T0 + 11_000 } };
    const shown = await shownRuns({ ...needs, store: { runs: async () => runs } as never }, "b-1");
    expect(statusOf(record(), shown)).toBe("dead");
  });

  it("can be resumed from everything but running, finished and cancelled", () => {
    const all = ["running", "finished", "cancelled", "dead", "stopped", "interrupted", "paused"] as const;
    expect(all.filter(isResumable)).toEqual(["dead", "stopped", "interrupted", "paused"]);
  });
});

describe("the time that runs worked", () => {
  it.each<[string, [number, number][], number]>([
    ["no run", [], 0],
    ["one", [[0, 10]], 10],
    [
      "the pause between two does not count",
      [
        [0, 10],
        [100, 105],
      ],
      15,
    ],
    [
      "two at once count once",
      [
        [0, 10],
        [5, 12],
      ],
      12,
    ],
    [
      "one inside another",
      [
        [0, 10],
        [2, 4],
      ],
      10,
    ],
    [
      "in any order",
      [
        [100, 105],
        [0, 10],
      ],
      15,
    ],
    ["a clock that was set back", [[10, 5]], 0],
  ])("%s", (_, spans, expected) => {
    expect(workedMs(spans.map(([sinceMs, untilMs]) => ({ sinceMs, untilMs })))).toBe(expected);
  });

  it("makes a rate, and none where there is no time to speak of", () => {
    expect(ratePerSecond(100, 2000)).toBe(50);
    expect(ratePerSecond(1, 3000)).toBe(0.3);
    expect(ratePerSecond(0, 3000)).toBe(0);
    expect(ratePerSecond(1373, 3)).toBeNull();
  });
});

describe("to go", () => {
  it.each<[string, Partial<BroadcastRecord>, Parameters<typeof countToGo>[1], object, number | null]>([
    ["counts those without an outcome", {}, "interrupted", { sent: 300, no_code: 16 }, 684],
    ["is nobody when finished", {}, "finished", { sent: 300 }, 0],
    ["is not known where nobody counted", { users: undefined }, "dead", { sent: 3 }, null],
    [
      "ends with the limit, which users without a code don't use up",
      { limit: 310 },
      "dead",
      { sent: 300, no_code: 16 },
      10,
    ],
    [
      "is nobody once the limit is reached, counted or not",
      { limit: 3, users: undefined },
      "paused",
      { sent: 3 },
      0,
    ],
    ["is never less than nobody", { users: 2 }, "running", { sent: 3 }, 0],
  ])("%s", (_, fields, status, some, expected) => {
    expect(countToGo(record(fields), status, outcomes(some))).toBe(expected);
  });
});

describe("the view", () => {
  const killed = run({
    outcomes: outcomes({ sent: 300, failed: 2 }),
    noCodeMet: 50,
    codes: { ...noCodes(), spent: 302 },
  });

  it("of a killed broadcast adds up what its runs noted, and has a dash for what nobody knows", () => {
    const second = run({
      runId: "r2",
      sinceMs: T0 + 60_000,
      untilMs: T0 + 65_000,
      outcomes: outcomes({ sent: 100, unknown: 1 }),
      noCodeMet: 70,
      codes: { spent: 101, expired: 4, refused: 0, released: 2 },
    });
    const { status, result, counted } = viewBroadcast(record(), [killed, second]);
    expect([status, counted]).toEqual(["dead", "heartbeats"]);
    expect(result).toMatchObject({
      outcomes: outcomes({ sent: 400, failed: 2, unknown: 1, no_code: 70 }),
      recipients: 473,
      toGo: 527,
      codes: { spent: 403, expired: 4, refused: 0, released: 2 },
      open: null,
      finishedAt: null,
      durationMs: 15_000,
      sentPerSecond: 26.7,
      lastSeenAt: new Date(T0 + 65_000).toISOString(),
    });
  });

  it("of runs that kept no counts has none", () => {
    const { outcomes: _, ...old } = run();
    expect(viewBroadcast(record(), [old as KnownRun]).result).toMatchObject({
      outcomes: null,
      recipients: null,
      toGo: null,
      sentPerSecond: null,
    });
  });

  it("of a running one has neither the reason nor the end of an earlier run", () => {
    const again = record({ reason: "interrupted (SIGINT)", finishedAtMs: T0 + 1 });
    const { result } = viewBroadcast(again, [run({ alive: true, open: 7 })]);
    expect(result).not.toHaveProperty("reason");
    expect(result).toMatchObject({ status: "running", finishedAt: null, open: 7 });
  });

  it("takes the ledgers' word where they were counted", () => {
    const settled = new Earlier();
    for (let i = 0; i < 5; i++) settled.count({ openId: `u${i}`, outcome: "sent", formId: `f${i}` });
    const { result, counted } = viewBroadcast(record({ limit: 8 }), [killed], {
      settled,
      open: 2,
      left: 90,
      again: 0,
      withheld: noWithheld(),
      suppressedSince: { open: 0, unknown: 0, failed: 0 },
    });
    expect(counted).toBe("ledgers");
    expect(result).toMatchObject({ outcomes: { sent: 5 }, open: 2, toGo: 3, codes: { spent: 5 } });
  });

  it.each([
    ["running", {}, {}, ["push-cli broadcast watch b-1"]],
    ["dead", {}, {}, ["push-cli broadcast resume b-1"]],
    ["interrupted", {}, { failed: 3 }, ["push-cli broadcast resume b-1"]],
    ["stopped", { resumeWith: "--allow-eviction" }, {}, ["push-cli broadcast resume b-1 --allow-eviction"]],
    ["finished", {}, {}, []],
    ["finished", { cut: true }, {}, ["push-cli broadcast resume b-1 --limit none"]],
    ["cancelled", {}, {}, []],
    [
      "finished",
      {},
      { failed: 3, unknown: 1 },
      [
        "push-cli broadcast recipients b-1 --outcome failed,unknown",
        "push-cli broadcast resume b-1 --retry-failed",
        "push-cli broadcast resume b-1 --retry-unknown",
      ],
    ],
  ] as const)("%s %j %j leads on to %j", (status, more, some, expected) => {
    const view = { status, record: { id: "b-1", ...more }, result: { outcomes: outcomes(some), open: 0 } };
    expect(nextCommands(view).map(({ command }) => command)).toEqual(expected);
  });
});
