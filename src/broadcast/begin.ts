import { wantedStop } from "./conclude.ts";
import type { BroadcastDeps, RunPlan } from "./deps.ts";
import { countsOf } from "./eviction.ts";
import type { Patience } from "./patience.ts";
import type { BroadcastRecord, BroadcastStore, Wanted } from "./record.ts";
import type { Run } from "./run.ts";
import { firstMoment, hasBegun } from "./schedule.ts";
import type { StopReason } from "./stop.ts";

/** The wall clock may be set while a run waits, and timers stand still while a machine sleeps; none may be longer than 24 days. */
const LOOK_MS = 30_000;

interface Entering {
  run: Run;
  plan: RunPlan;
  patience: Pick<Patience, "call">;
}

/**
 * Marks the record as running, after waiting for its time if it has one and no run has begun it. Undefined when this run was
 * stopped before that, also because of what it found in the record: then nothing was claimed.
 */
export async function enterBroadcast(
  deps: BroadcastDeps,
  record: BroadcastRecord,
  entering: Entering,
): Promise<BroadcastRecord | undefined> {
  const { run, plan } = entering;
  if (hasBegun(record)) {
    const now = await enterRun(deps.store, record, plan.changes);
    if (!now) run.stop(wantedStop("gone"));
    if (now?.wanted) run.stop(wantedStop(now.wanted));
    deps.onStart?.(record.id, run, now ?? record);
    return now ?? record;
  }
  const waiting = await enterWaiting(deps.store, record, run, plan.changes);
  deps.onStart?.(record.id, run, waiting ?? record);
  if (!waiting) return undefined;
  if (hasBegun(waiting) && !plan.joins) {
    // It was begun, perhaps also finished, while this process stood still before it had entered its wait.
    run.stop(begunBefore(waiting));
    return undefined;
  }
  if (!hasBegun(waiting)) {
    if (!plan.beginsNow) await untilTime(deps, run);
    if (run.signal.aborted) return undefined;
    const begun = await begin(deps, waiting, entering);
    if (begun) return begun;
    if (run.signal.aborted) return undefined;
  }
  // Another one has begun it, and this one joins.
  const now = await enterRun(deps.store, waiting, plan.changes);
  if (!now) run.stop(wantedStop("gone"));
  return now;
}

/** Clears what the end of an earlier run left in the record, but for requests to this one. Undefined when it was deleted. */
async function enterRun(
  store: BroadcastStore,
  record: BroadcastRecord,
  changes: RunPlan["changes"],
): Promise<BroadcastRecord | undefined> {
  for (;;) {
    // Another run may have finished the broadcast before it could see this one.
    const now = await store.load(record.id);
    if (!now) return undefined;
    const wanted = requestSince(record, now);
    const fresh: Partial<BroadcastRecord> = { ...changes?.(now), ...NO_END, status: "running", wanted };
    if (await store.move(now, fresh)) return { ...now, ...fresh };
  }
}

/** A pause or cancellation that came after `before` was read, so that it is not the one that this run resumes from. */
function requestSince(before: BroadcastRecord, { wanted }: BroadcastRecord): Wanted | undefined {
  if (wanted?.action === "cancel") return wanted;
  return JSON.stringify(wanted) === JSON.stringify(before.wanted) ? undefined : wanted;
}

const NO_END: Partial<BroadcastRecord> = {
  reason: undefined,
  exit: undefined,
  resumeWith: undefined,
  finishedAtMs: undefined,
};

/** Makes the record say that it waits for its time, whatever the last process that did so left. Undefined: the run was stopped. */
async function enterWaiting(
  store: BroadcastStore,
  record: BroadcastRecord,
  run: Run,
  changes: RunPlan["changes"],
): Promise<BroadcastRecord | undefined> {
  while (!run.signal.aborted) {
    const now = await store.load(record.id);
    const wanted = now && requestSince(record, now);
    if (!now) run.stop(wantedStop("gone"));
    else if (hasBegun(now)) return now;
    else if (wanted) run.stop(wantedStop(wanted));
    else {
      const fresh: Partial<BroadcastRecord> = {
        ...changes?.(now),
        ...NO_END,
        status: "scheduled",
        wanted: undefined,
      };
      if (await store.move(now, fresh)) return { ...now, ...fresh };
    }
  }
  return undefined;
}

async function untilTime({ clock, log }: BroadcastDeps, run: Run): Promise<void> {
  const { timing, signal } = run;
  timing.isAwaitingBeginning = true;
  log?.info("hours", timing.waiting ?? "", {});
  for (;;) {
    const leftMs = firstMoment(timing.schedule, clock.now()) - clock.now();
    if (leftMs <= 0 || signal.aborted) break;
    await clock.sleep(Math.min(leftMs, LOOK_MS), signal);
  }
  timing.isAwaitingBeginning = false;
  // It gave a token when the broadcast was scheduled: not to answer now is an outage.
  run.breaker.isKnown = true;
}

/**
 * Makes this run the one that begins the broadcast. Undefined when it was not, because another one is or somebody has paused
 * or cancelled it; then the run is stopped, unless it is to join.
 */
async function begin(
  deps: BroadcastDeps,
  record: BroadcastRecord,
  { run, plan, patience }: Entering,
): Promise<BroadcastRecord | undefined> {
  const { store, clock } = deps;
  const { id } = record;
  // Ledgers begin to exist now, so what was dropped before is none of them.
  const memory = await deps.lookAtMemory();
  const fresh: Partial<BroadcastRecord> = {
    status: "running",
    beganBy: plan.runId,
    startedAtMs: clock.now(),
    evicted: memory && countsOf(memory),
  };
  const isFirst = await patience.call(() =>
    store.move({ id, status: "scheduled", wanted: undefined }, fresh),
  );
  if (!isFirst) {
    const now = await store.load(id);
    // The answer to the same call before was lost, if it was this run.
    if (now?.beganBy !== plan.runId) {
      const reason = whyNotBegun(plan, now);
      if (reason) run.stop(reason);
      return undefined;
    }
  }
  const users = record.audience === "list" ? record.users : await deps.countUsers?.();
  await store.update(id, { users });
  const begun = { ...record, ...fresh, users };
  deps.onBegin?.(begun);
  return begun;
}

/** Undefined when another run has begun it and this one may join. */
function whyNotBegun({ joins }: RunPlan, now: BroadcastRecord | undefined): StopReason | undefined {
  if (!now) return wantedStop("gone");
  if (!hasBegun(now)) return now.wanted ? wantedStop(now.wanted) : haltedBefore(now);
  return joins ? undefined : begunBefore(now);
}

function haltedBefore({ status, reason }: BroadcastRecord): StopReason {
  return {
    status: status === "cancelled" ? "cancelled" : "paused",
    exit: "stopped",
    message: reason ?? status,
  };
}

function begunBefore({ id }: BroadcastRecord): StopReason {
  return {
    status: "stopped",
    exit: "locked",
    message: `another process began broadcast '${id}' at the same time`,
    hint: `to follow it: push-cli broadcast watch ${id}`,
  };
}
