import type { Message } from "../../broadcast/channel.ts";
import { exitOf, isNobodyReachable } from "../../broadcast/conclude.ts";
import type { BroadcastDeps, Ended } from "../../broadcast/deps.ts";
import { type NextCommand, nextCommands } from "../../broadcast/next-command.ts";
import type { BroadcastRecord } from "../../broadcast/record.ts";
import type { Run } from "../../broadcast/run.ts";
import { PushCliError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import type { Progress } from "../../output/output.ts";
import type { Deps } from "../deps.ts";
import { warnOfPassed } from "../passed-over.ts";
import { spendsOf } from "../permission-words.ts";
import { askAboutCanary } from "./canary-question.ts";
import { noneReachable } from "./count.ts";
import { awaitToken } from "./first-token.ts";
import { ProgressLine } from "./progress-line.ts";
import type { BroadcastReport } from "./report.ts";
import { collectRunDeps } from "./run-deps.ts";
import { type Summary, sayNext, showSummary } from "./summary.ts";
import { startTelling } from "./telling.ts";
import type { Telling } from "./telling-options.ts";

export interface RunSetup {
  /** Of the broadcast. */
  id: string;
  message: Message;
  engine: { concurrency: number; timeoutMs: number };
  report: BroadcastReport | undefined;
  stdinTaken?: boolean;
  /** How many users there are, where that can be known: for the share and the ETA. */
  total(): Promise<number | undefined>;
  /** Who is told of it besides. */
  telling?: Telling | undefined;
  /** They are counted when it begins. */
  startsLater?: boolean | undefined;
  /** Called when a scheduled broadcast begins. */
  onBegin?(): void;
  /** One of several: what comes of it goes there, and no document of its own is printed. */
  onEnd?(ended: Ended): void;
}

/** Drives a run with progress and signals, shows its summary, and names the exit code. */
export async function runToEnd(
  deps: Deps,
  setup: RunSetup,
  drive: (runDeps: BroadcastDeps, users: number | undefined) => Promise<Ended>,
): Promise<ExitName> {
  const { id, message, engine, report, stdinTaken = false, total, startsLater, telling } = setup;
  const stores = await deps.stores(message);
  const watch = watchRun(deps);
  const tell = startTelling(deps, telling);
  try {
    // Wrong credentials are found out before anything that takes time.
    const tokens = await deps.tokens();
    const interrupted = await awaitToken(deps, tokens);
    if (interrupted) return interrupted;
    const users = startsLater ? undefined : await total();
    const runDeps: BroadcastDeps = {
      ...(await collectRunDeps(deps, message, { ...engine, broadcastId: id }, tokens)),
      report,
      askCanary: askAboutCanary(deps, { stdinTaken, ...watch.progress }),
      onStart: (id, run, record) => {
        deps.note({ broadcastId: id });
        stores.fastFailWhile(() => !run.isOver);
        tell.begin(id);
        watch.start(id, run, { ...record, users: record.users ?? users });
      },
      onBegin: (record) => {
        watch.begin(record);
        setup.onBegin?.();
      },
      countUsers: total,
    };
    const ended = await drive(runDeps, users);
    // Of the broadcast, with what earlier runs did.
    deps.note({ counts: ended.result.outcomes });
    watch.end();
    const aside = report?.isStdout ? { ...deps, out: deps.out.onStderr() } : deps;
    setup.onEnd?.(ended);
    const summary = await showEnd(aside, message, ended, setup.onEnd !== undefined);
    if (aside !== deps) await aside.out.flush();
    await warnOfPassed(deps, message);
    const exit = exitOf(ended.run, ended.result);
    const lacksLines = await closeReport(deps, report);
    const lacksMetrics = await tell.end(ended, summary);
    return (lacksLines || lacksMetrics) && exit === "done" ? "output" : exit;
  } finally {
    watch.end();
    tell.close();
    await report?.close().catch(() => undefined); // reported above, or beside what went wrong before
  }
}

/** Says what a report lacks, and whether it lacks anything; how the broadcast ended counts for more. */
async function closeReport(deps: Deps, report: BroadcastReport | undefined): Promise<boolean> {
  try {
    await report?.close();
    return false;
  } catch (error) {
    if (!(error instanceof PushCliError)) throw error;
    reportError(deps, error);
    return true;
  }
}

function reportError(deps: Deps, { kind, message, hint, details }: PushCliError): void {
  deps.out.error({ code: kind, message, hint, details });
}

/** Shows a run's progress and lets signals end it. */
function watchRun(deps: Deps) {
  let progress: Progress | undefined;
  let line: ProgressLine | undefined;
  let undo = () => {};
  const hideProgress = () => progress?.done();
  const showProgress = () => {
    progress = deps.out.progress();
    progress.update(() => line?.render() ?? "");
  };
  return {
    progress: { hideProgress, showProgress },
    start(id: string, run: Run, record: BroadcastRecord): void {
      deps.out.talk(`broadcast ${id}`);
      line = new ProgressLine(run, deps.clock, record);
      showProgress();
      undo = deps.onInterrupt((exit) => {
        deps.out.talk("stopping: waiting for requests in flight (press Ctrl-C again to exit now)");
        run.stop({ status: "interrupted", exit, message: `interrupted (${exit.toUpperCase()})` });
      });
    },
    begin(record: BroadcastRecord): void {
      if (line) line.record = record;
    },
    end(): void {
      hideProgress();
      undo();
    },
  };
}

/** The summary, and for who wants to go on, how. */
async function showEnd(
  deps: Deps,
  of: Message,
  { result, run, record }: Ended,
  isOneOfSeveral: boolean,
): Promise<Summary> {
  const { stopReason } = run;
  // What has no record can't be gone on with.
  const next = stopReason?.isRecordGone ? [] : nextCommands({ status: result.status, record, result });
  const passedOver = (await deps.stores(of)).pools.passedOver.keys;
  const spends = await spendsOf(deps, of);
  const summary = { ...result, passedOver, next: next.map(({ command }) => command) };
  if (!isOneOfSeveral || deps.out.format === "human") await showSummary(deps, summary, spends);
  if (!stopReason && isNobodyReachable(result)) reportError(deps, await noneReachable(deps, of, result));
  if (result.status === "scheduled") deps.out.talk(`broadcast ${record.id} is still scheduled`);
  if (!stopReason || stopReason.status === "interrupted") sayNext(deps, next);
  else {
    const { exit, message, hint } = stopReason;
    deps.out.error({ code: exit, message, hint: joinHints(hint, next[0]) });
  }
  return summary;
}

function joinHints(hint: string | undefined, next: NextCommand | undefined): string | undefined {
  if (!next) return hint;
  if (hint === undefined) return `${next.command}  (${next.why})`;
  return `${hint}${/\bresum(e|ing)\b[^;]*$/.test(hint) ? ":" : "; then run"} ${next.command}`;
}
