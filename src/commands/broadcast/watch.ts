import type { Command } from "commander";
import type { BroadcastView } from "../../broadcast/view.ts";
import { parseDuration } from "../../config/durations.ts";
import { PushCliError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import type { Deps, RunAction } from "../deps.ts";
import { stopAtSignal } from "../interrupt.ts";
import { spendsOf } from "../permission-words.ts";
import { chooseRunning } from "./choose.ts";
import { loadView } from "./preflight.ts";
import { presentView } from "./show.ts";
import { toWatchDocument, WatchScreen } from "./watch-screen.ts";

const EXAMPLES = `
Works from any machine; the counts of all runs are added up. Exits when the
broadcast ends, with its exit code (9 if its last run died). Ctrl-C stops only
the watching.

Examples:
  $ push-cli broadcast watch
  $ push-cli broadcast watch 20261123-184012-k3f9 --timeout 30m
  # Print one JSON document per second
  $ push-cli broadcast watch 20261123-184012-k3f9 --json`;

export function registerBroadcastWatch(broadcast: Command, run: RunAction): void {
  broadcast
    .command("watch [id]")
    .description("Follow a broadcast until it ends, on whatever machines it runs")
    .option("--timeout <time>", "Stop watching after this time, for example 30m (exit code 124)")
    .addHelpText("after", EXAMPLES)
    .action(run(watch));
}

/** Runs note their counts once a second. */
const POLL_MS = 1000;

async function watch(deps: Deps, flags: { timeout?: string }, given: string | undefined): Promise<ExitName> {
  const limitMs =
    flags.timeout === undefined ? Number.POSITIVE_INFINITY : parseDuration(flags.timeout, "--timeout");
  const id = await chooseRunning(deps, given);
  const stop = stopAtSignal(deps);
  try {
    const view = await follow(deps, id, limitMs, AbortSignal.any([stop.signal, deps.out.closed]));
    if (stop.exit) deps.out.talk(`stopped watching; broadcast ${id} continues`);
    if (stop.exit || deps.out.closed.aborted) return stop.exit ?? "done";
    // With --json, the last line was the end.
    if (deps.out.format !== "json") await presentView(deps, view, false);
    return exitOfView(view);
  } finally {
    stop.undo();
  }
}

/** Shows the state every second until no run is at work, and returns the last one. */
async function follow(deps: Deps, id: string, limitMs: number, signal: AbortSignal): Promise<BroadcastView> {
  const { clock, out } = deps;
  const startedMs = clock.monotonic();
  const { record } = await loadView(deps, id);
  const screen = new WatchScreen(clock, await spendsOf(deps, record.message, record.channel));
  const progress = out.progress();
  try {
    for (;;) {
      const view = await loadView(deps, id);
      if (out.format === "json") await out.line(toWatchDocument(view, screen.measure(view)));
      else screen.show(progress, view);
      const isOver = view.status !== "running" && view.status !== "scheduled";
      if (isOver || signal.aborted) return view;
      const leftMs = limitMs - (clock.monotonic() - startedMs);
      if (leftMs <= 0) throw gaveUp(id, view.status);
      await clock.sleep(Math.min(POLL_MS, leftMs), signal);
      if (signal.aborted) return view;
    }
  } finally {
    progress.done();
  }
}

function gaveUp(id: string, status: BroadcastView["status"]): PushCliError {
  return new PushCliError("timeout", `broadcast '${id}' is still ${status}`, {
    hint: `${status === "scheduled" ? "it has not begun" : "it continues"}; to watch it again: push-cli broadcast watch ${id}`,
  });
}

/** What the broadcast's own last run ended with. */
function exitOfView({ status, record, result }: BroadcastView): ExitName {
  if (status === "dead") return "stopped";
  if (record.exit !== undefined) return record.exit;
  // Records of older versions.
  if (status === "interrupted") return "sigint";
  if (status === "stopped") return "stopped";
  const { failed = 0, unknown = 0 } = result.outcomes ?? {};
  return failed + unknown > 0 ? "partial" : "done";
}
