import { existsSync, readFileSync, rmSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { noCodes, noOutcomes } from "../../../src/broadcast/outcome.ts";
import type { BroadcastResult } from "../../../src/broadcast/record.ts";
import { broadcastMetrics, openMetrics } from "../../../src/commands/broadcast/metrics.ts";
import type { Deps } from "../../../src/commands/deps.ts";
import {
  broadcast,
  giveUsers,
  interrupt,
  setFaults,
  TEMPLATE,
  until,
  useFolder,
  useWorld,
} from "../../broadcast/world.ts";
import { cliEnv, runCli } from "../../helpers/cli.ts";
import { byLabel, onlyValue, parseExposition, type Series } from "../../helpers/exposition.ts";

const world = useWorld({ sandbox: { latencyMs: 2 } });
const dir = useFolder();
const RUN = "push_cli_broadcast";

const read = (path: string): Series[] => parseExposition(readFileSync(path, "utf8"));
const statusIn = (all: Series[]) => {
  const statuses = byLabel(all, `${RUN}_status`, "status");
  return Object.keys(statuses).filter((name) => statuses[name] === 1);
};

test("the file of a broadcast says what its document says", async () => {
  await giveUsers(world, 30);
  await world.redis.push("poor", "not ours");
  setFaults(world, "errcode-43101:20");
  const path = join(dir, "sale.prom");
  const ended = await broadcast(world, ["--id", "sale", "--textfile-metrics", path]);
  const { outcomes, toGo, errors, startedAt, durationMs } = ended.json<BroadcastResult>();
  const all = read(path);
  expect(byLabel(all, `${RUN}_recipients`, "outcome")).toEqual(outcomes);
  expect(outcomes.no_code).toBe(1);
  expect(statusIn(all)).toEqual(["finished"]);
  expect(onlyValue(all, `${RUN}_to_go`)).toBe(toGo);
  expect(onlyValue(all, `${RUN}_start_time_seconds`)).toBe(Date.parse(startedAt) / 1000);
  expect(onlyValue(all, `${RUN}_duration_seconds`)).toBe(durationMs / 1000);
  const endedAt = onlyValue(all, `${RUN}_end_time_seconds`) ?? 0;
  expect(endedAt).toBeGreaterThanOrEqual(Date.parse(startedAt) / 1000);
  const counts = errors.map(({ errcode, count }) => [errcode ?? "none", count]);
  expect(byLabel(all, `${RUN}_errors`, "errcode")).toEqual(Object.fromEntries(counts));
  expect(byLabel(all, `${RUN}_errors`, "errcode")[43101]).toBeGreaterThan(0);
  for (const { labels } of all) expect(labels).toMatchObject({ broadcast_id: "sale", template_id: TEMPLATE });
});

test("is there while it is at work, and says how it was interrupted; resume goes on with it", async () => {
  await giveUsers(world, 400);
  const path = join(dir, "cut.prom");
  const seen: Series[][] = [];
  const flags = ["--textfile-metrics", path];
  const cut = await interrupt(world, ["--id", "cut", "--concurrency", "1", ...flags], () => {
    if (seen.length === 0 && existsSync(path)) seen.push(read(path));
    return seen.length > 0 && world.sandbox.stats().delivered > 5;
  });
  expect(cut.code).toBe(130);
  expect(statusIn(seen[0] ?? [])).toEqual(["running"]);
  expect(onlyValue(seen[0] ?? [], `${RUN}_end_time_seconds`)).toBeUndefined();
  expect(statusIn(read(path))).toEqual(["interrupted"]);
  const argv = ["broadcast", "resume", "cut", "--yes", ...flags];
  const resumed = await runCli(argv, { env: cliEnv(world.redis.url, world.sandbox.url) });
  expect(resumed.code, resumed.stderr).toBe(0);
  expect(statusIn(read(path))).toEqual(["finished"]);
  expect(byLabel(read(path), `${RUN}_recipients`, "outcome").sent).toBe(400);
});

describe("a file that can't be written", () => {
  test("is found out before anything is sent", async () => {
    await giveUsers(world, 3);
    const ended = await broadcast(world, ["--textfile-metrics", join(dir, "missing/a.prom")]);
    expect([ended.code, world.sandbox.stats().delivered]).toEqual([2, 0]);
    expect(ended.stderr).toContain("its folder does not exist");
  });

  test("at the end is said with exit code 12, and everything else is done", async () => {
    await giveUsers(world, 300);
    const folder = join(dir, "gone");
    await mkdir(folder);
    const argv = ["--concurrency", "1", "--textfile-metrics", join(folder, "a.prom")];
    const running = broadcast(world, argv);
    await until(async () => (await readdir(folder)).includes("a.prom"));
    rmSync(folder, { recursive: true });
    const ended = await running;
    expect([ended.code, ended.json<BroadcastResult>().outcomes.sent]).toEqual([12, 300]);
    expect(ended.stderr).toContain("the metrics: cannot write");
  });

  test("is not looked for by a dry run's end: it writes nothing", async () => {
    await giveUsers(world, 3);
    const path = join(dir, "dry.prom");
    expect((await broadcast(world, ["--dry-run", "--textfile-metrics", path])).code).toBe(0);
    expect(existsSync(path)).toBe(false);
  });
});

test("errors with one errcode and several messages are one series, and those without are told apart", () => {
  const text = broadcastMetrics(
    "b",
    {
      ...{
        templateId: 'quoted "id"\\',
        status: "stopped",
        recipients: 1,
        outcomes: noOutcomes(),
        toGo: null,
      },
      errors: [
        { errcode: -1, errmsg: "busy", count: 2 },
        { errcode: -1, errmsg: "system busy", count: 3 },
        { errcode: null, errmsg: "timeout", count: 4 },
      ],
      ...{ startedAt: "2026-11-27T10:00:00.000Z", durationMs: 1500 },
    },
    undefined,
  );
  const all = parseExposition(text);
  expect(byLabel(all, `${RUN}_errors`, "errcode")).toEqual({ "-1": 5, none: 4 });
  expect(all[0]?.labels.template_id).toBe('quoted "id"\\');
  expect(onlyValue(all, `${RUN}_to_go`)).toBeUndefined();
});

describe("while it is at work", () => {
  /** A broadcast of which Redis knows so many sends; `held`: what the next look waits for. */
  function openFor(path: string) {
    const state = { sent: 1, held: Promise.resolve(), begun: 0, done: 0 };
    const message = { templateId: "t", fields: [] };
    const store = {
      load: async () => ({ id: "b", message, status: "running", startedAtMs: 0, audience: "pools" }),
      runs: async () => {
        state.begun++;
        await state.held;
        state.done++;
        const outcomes = { ...noOutcomes(), sent: state.sent };
        return [{ runId: "r", alive: true, sinceMs: 0, untilMs: 1, codes: noCodes(), errors: [], outcomes }];
      },
    };
    const deps = {
      stores: async () => ({ broadcasts: store }),
      clock: { now: () => 2000 },
      io: { fateOf: () => "alive" },
    } as unknown as Deps;
    return { state, metrics: openMetrics(deps, path, "b", 5) };
  }
  const sentIn = (path: string) =>
    existsSync(path) ? byLabel(read(path), `${RUN}_recipients`, "outcome").sent : undefined;
  const ENDED = {
    ...{ templateId: "t", status: "finished" as const, recipients: 9, toGo: 0, errors: [] },
    ...{ outcomes: { ...noOutcomes(), sent: 9 }, startedAt: "2026-11-27T10:00:00.000Z", durationMs: 1 },
  };

  test("it is written again and again", async () => {
    const path = join(dir, "ticks.prom");
    const { state, metrics } = openFor(path);
    for (state.sent = 1; state.sent <= 3; state.sent++) await until(() => sentIn(path) === state.sent);
    metrics.close();
  });

  test("a look that comes back late does not take the place of the end", async () => {
    const path = join(dir, "late.prom");
    const { state, metrics } = openFor(path);
    await until(() => sentIn(path) === 1);
    let release = () => {};
    state.held = new Promise((resolve) => {
      release = resolve;
    });
    await until(() => state.begun > state.done);
    expect(await metrics.end(ENDED)).toBeUndefined();
    release();
    await until(() => state.done === state.begun);
    // What it might do then, it would have done after so many turns.
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect([sentIn(path), onlyValue(read(path), `${RUN}_end_time_seconds`)]).toEqual([9, 2]);
  });
});
