import type { Command } from "commander";
import type { BroadcastRecord, Wanted } from "../../broadcast/record.ts";
import { isAttended, isResumable } from "../../broadcast/status.ts";
import type { BroadcastView } from "../../broadcast/view.ts";
import { parseDuration } from "../../config/durations.ts";
import { PushCliError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatCounted } from "../../output/format.ts";
import type { Deps, RunAction } from "../deps.ts";
import { stopAtSignal } from "../interrupt.ts";
import { changedBy } from "../suppress/wish.ts";
import { loadView } from "./preflight.ts";
import { presentView } from "./show.ts";
import { orDash } from "./summary.ts";

const HOW = `
All its runs, on any machine, stop claiming within two seconds, wait for the
requests in flight and return unsent codes. Does not ask for confirmation.`;

interface HaltFlags {
  timeout: string;
  dryRun?: boolean;
}

const WORDS = { pause: "paused", cancel: "cancelled" } as const;

export function registerBroadcastHalts(broadcast: Command, run: RunAction): void {
  const halt = (action: Wanted["action"], description: string, examples: string) =>
    broadcast
      .command(`${action} <id>`)
      .description(description)
      .option("--timeout <time>", "How long to wait for its runs to stop (exit code 124)", "2m")
      .option("--dry-run", "Show what would be stopped; change nothing")
      .addHelpText("after", `${HOW}\n\n${examples}`)
      .action(run((deps, flags: HaltFlags, id: string) => haltCommand(deps, flags, action, id)));
  halt(
    "pause",
    "Stop a broadcast so that it can be resumed",
    "Example:\n  $ push-cli broadcast pause 20261123-184012-k3f9",
  );
  halt(
    "cancel",
    "Stop a broadcast permanently",
    "Example:\n  $ push-cli broadcast cancel 20261123-184012-k3f9",
  );
}

async function haltCommand(
  deps: Deps,
  flags: HaltFlags,
  action: Wanted["action"],
  id: string,
): Promise<ExitName> {
  const limitMs = parseDuration(flags.timeout, "--timeout");
  const before = await loadView(deps, id);
  deps.note({ broadcastId: id });
  checkHaltable(before, action);
  if (flags.dryRun) return showHalt(deps, before, action);
  const stop = stopAtSignal(deps);
  try {
    const by = changedBy(deps);
    const ended = await awaitRuns(deps, before, { action, by }, limitMs, stop.signal);
    if (stop.exit) return stop.exit;
    const { record, status } = ended;
    if (status === "finished") {
      // Left there, it would end whoever tries the failed ones again.
      await (await deps.stores()).broadcasts.update(id, { wanted: undefined });
      throw tooLate(record, action);
    }
    // One that was stopped by something else at the same time is as good as paused, and keeps its reason.
    if (action === "cancel" ? status !== "cancelled" : status === "dead" || status === "scheduled")
      await writeHalt(deps, ended, { action, by });
    await presentView(deps, await loadView(deps, id), false);
    return "done";
  } finally {
    stop.undo();
  }
}

/** What it would do, and to how many runs. */
async function showHalt(
  { out }: Deps,
  { record: { id }, status, runs, result }: BroadcastView,
  action: Wanted["action"],
): Promise<ExitName> {
  const runsAtWork = runs.filter((run) => run.alive).length;
  const toGo = result.toGo ?? null;
  const wouldBe = WORDS[action];
  if (out.format !== "human")
    await out.document({ broadcastId: id, status, wouldBe, runsAtWork, toGo, dryRun: true });
  else
    out.data(
      `would ${action} broadcast ${id}: it is ${status}, with ${formatCounted(runsAtWork, "run")} at work and ${orDash(toGo)} to go`,
    );
  return "done";
}

function checkHaltable({ record, status }: BroadcastView, action: Wanted["action"]): void {
  if (status === "running" || status === "scheduled") return;
  if (action === "cancel" && isResumable(status)) return;
  throw new PushCliError("nothing", `broadcast '${record.id}' is ${status}: nothing to ${action}`, {
    hint: `to see its status: push-cli broadcast show ${record.id}`,
  });
}

function tooLate({ id }: BroadcastRecord, action: Wanted["action"]): PushCliError {
  return new PushCliError("nothing", `broadcast '${id}' finished before it could be ${WORDS[action]}`, {
    hint: `to see its totals: push-cli broadcast show ${id}`,
  });
}

const POLL_MS = 250;

/** Tells the runs, again and again in case one comes up meanwhile, until none is at work. Returns the state then. */
async function awaitRuns(
  deps: Deps,
  before: BroadcastView,
  wanted: Wanted,
  limitMs: number,
  signal: AbortSignal,
): Promise<BroadcastView> {
  const { id } = before.record;
  const { broadcasts: store } = await deps.stores();
  const startedMs = deps.clock.monotonic();
  const progress = deps.out.progress();
  try {
    for (let view = before; ; view = await loadView(deps, id)) {
      if (!isAttended(view) || signal.aborted) return view;
      const alive = view.runs.filter((run) => run.alive).length;
      if (alive > 0) await store.update(id, { wanted });
      progress.update(() => `waiting for ${formatCounted(alive, "run")} to stop`);
      if (deps.clock.monotonic() - startedMs > limitMs) throw stillRunning(id, alive);
      await deps.clock.sleep(POLL_MS, signal);
    }
  } finally {
    progress.done();
  }
}

function stillRunning(id: string, alive: number): PushCliError {
  return new PushCliError(
    "timeout",
    `${formatCounted(alive, "run")} of broadcast '${id}' did not stop in time`,
    {
      hint: `they were asked to stop; to list them: push-cli broadcast show ${id} --full`,
    },
  );
}

/** For a broadcast whose last run did not do it: it died, or ended for another reason at the same time. */
async function writeHalt(deps: Deps, ended: BroadcastView, wanted: Wanted): Promise<void> {
  const { broadcasts: store } = await deps.stores();
  const status = WORDS[wanted.action];
  // The result that the record has is of the end of a run before the one that died.
  const stale = ended.status === "dead" ? { result: undefined } : {};
  // A run that is taken for dead may only be frozen: it sees then what is wanted when it wakes up.
  await store.update(ended.record.id, {
    status,
    reason: `${status} by ${wanted.by}`,
    exit: "stopped",
    wanted,
    ...stale,
  });
}
