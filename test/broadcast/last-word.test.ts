import { expect, it } from "vitest";
import { hasLastWord } from "../../src/broadcast/last-word.ts";
import type { BroadcastRecord, BroadcastResult, KnownRun } from "../../src/broadcast/record.ts";
import type { StopReason } from "../../src/broadcast/stop.ts";
import { PushCliError } from "../../src/errors.ts";

type Record = Pick<BroadcastRecord, "status"> & { by?: string };

/** What the run "own" says of itself, with a record and other runs as Redis has them; `away`: Redis does not answer. */
function ask({
  record,
  others = [],
  stop,
  away = false,
}: {
  record?: Record | undefined;
  others?: boolean[];
  stop?: Partial<StopReason>;
  away?: boolean;
}): Promise<boolean> {
  const loaded = record && { id: "b", ...record, result: record.by && { run: { runId: record.by } } };
  const lost = new PushCliError("redis", "lost");
  const store = {
    load: async () => (away ? Promise.reject(lost) : (loaded as unknown as BroadcastRecord)),
    runs: async () => others.map((alive, i) => ({ runId: `r${i}`, alive, untilMs: 0 }) as KnownRun),
  };
  const run = { stopReason: stop && { status: "stopped", message: "", exit: "stopped", ...stop } };
  const result = { broadcastId: "b", run: { runId: "own" } } as BroadcastResult;
  const needs = { store, clock: { now: () => 0 }, fateOf: () => "unknown" as const };
  return hasLastWord(needs, { run, result } as unknown as Parameters<typeof hasLastWord>[1]);
}

it.each([
  ["it has written the end", { record: { status: "finished", by: "own" } }, true],
  ["it was interrupted and has written that", { record: { status: "interrupted", by: "own" } }, true],
  ["another one has written the end since it looked", { record: { status: "finished", by: "r0" } }, false],
  ["others still work", { record: { status: "running", by: "earlier" }, others: [true] }, false],
  ["nobody is left, and it could not write", { record: { status: "running" }, others: [false] }, true],
  ["another process has taken over", { record: { status: "running" }, stop: { exit: "locked" } }, false],
  ["Redis was lost", { record: { status: "running" }, others: [true], stop: { exit: "redis" } }, true],
  ["Redis is lost now", { away: true }, true],
  ["the record is gone", {}, true],
] as [string, Parameters<typeof ask>[0], boolean][])("when %s: %o", async (_, facts, expected) =>
  expect(await ask(facts)).toBe(expected),
);
