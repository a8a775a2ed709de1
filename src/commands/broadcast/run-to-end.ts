import type { BroadcastDeps, Ended } from "../../broadcast/broadcast.ts";
import type { Message } from "../../broadcast/message.ts";
import type { Run } from "../../broadcast/run.ts";
import type { ExitName } from "../../exit-codes.ts";
import type { Progress } from "../../output/output.ts";
import type { Deps } from "../deps.ts";
import { ProgressLine } from "./progress-line.ts";
import type { BroadcastReport } from "./report.ts";
import { showSummary } from "./summary.ts";

export interface RunSetup {
  message: Message;
  engine: { concurrency: number; timeoutMs: number };
  report: BroadcastReport | undefined;
  /** How many users there are, where that can be known: for the share and the ETA. */
  total(): Promise<number | undefined>;
}

/** Drives a run with progress and signals, shows its summary, and names the exit code. */
export async function runToEnd(
  deps: Deps,
  { message, engine, report, total }: RunSetup,
  drive: (runDeps: BroadcastDeps, users: number | undefined) => Promise<Ended>,
): Promise<ExitName> {
  const stores = await deps.stores();
  const watch = watchRun(deps);
  try {
    // Wrong credentials are found out before anything that takes time.
    const tokens = await deps.tokens();
    await tokens.current();
    const users = await total();
    const runDeps: BroadcastDeps = {
      store: stores.broadcasts,
      sweepPools: () => stores.pools.sweep(),
      sweepLedgers: stores.sweepLedgers,
      openLedger: stores.ledger,
      sender: await deps.sender(message, engine.concurrency, engine.timeoutMs),
      tokens,
      clock: deps.clock,
      report,
      host: deps.io.host,
      pid: deps.io.pid,
      isRunning: deps.io.isRunning,
      onStart: (id, run) => watch.start(id, run, users),
    };
    const ended = await drive(runDeps, users);
    watch.end();
    await showSummary(deps, ended.result);
    return conclude(deps, ended);
  } finally {
    watch.end();
    await report?.close();
  }
}

/** Shows a run's progress and lets signals end it. */
function watchRun(deps: Deps) {
  let progress: Progress | undefined;
  let undo = () => {};
  return {
    start(id: string, run: Run, total: number | undefined): void {
      deps.out.talk(`broadcast ${id}`);
      progress = deps.out.progress();
      const line = new ProgressLine(run, deps.clock, total);
      progress.update(() => line.render());
      undo = deps.onInterrupt((exit) => {
        deps.out.talk("stopping: no new sends; waiting for the requests in flight (once more: end at once)");
        run.stop({ status: "interrupted", exit, message: `interrupted (${exit.toUpperCase()})` });
      });
    },
    end(): void {
      progress?.done();
      undo();
    },
  };
}

function conclude(deps: Deps, { result, run }: Ended): ExitName {
  const { stopReason } = run;
  if (!stopReason) return result.outcomes.failed + result.outcomes.unknown > 0 ? "partial" : "done";
  const goOn = `push-cli broadcast resume ${result.broadcastId} goes on`;
  const hint = stopReason.hint === undefined ? goOn : `${stopReason.hint}; then ${goOn}`;
  if (stopReason.status === "interrupted") deps.out.talk(hint);
  else deps.out.error({ code: stopReason.exit, message: stopReason.message, hint });
  return stopReason.exit;
}
