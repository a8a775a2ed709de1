import type { Command } from "commander";
import { loadBroadcast } from "../../broadcast/load-broadcast.ts";
import { sumWithheld } from "../../broadcast/outcome.ts";
import type { BroadcastRecord } from "../../broadcast/record.ts";
import { repeatOf } from "../../broadcast/repeat.ts";
import {
  checkResumable,
  type ResumeSpec,
  type Retry,
  resumeBroadcast,
  withLimit,
  withTiming,
} from "../../broadcast/resume.ts";
import { findDeadRuns, isAlive } from "../../broadcast/rivals.ts";
import { hasBegun, isDue } from "../../broadcast/schedule.ts";
import { shownRuns } from "../../broadcast/status.ts";
import { requireCredentials } from "../../config/credentials.ts";
import { parseCount } from "../../config/durations.ts";
import { type PushCliError, usageError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import type { Deps, RunAction } from "../deps.ts";
import { chooseResumable } from "./choose.ts";
import { doubtRedis } from "./doubt-redis.ts";
import { addEngineOptions, type EngineFlags, parseRunOptions, type RunOptions } from "./options.ts";
import { broadcastNeeds, checkChannel, checkReceiptsFlag, checkReportFlag } from "./preflight.ts";
import { askToSend, checkCanAsk, countUsers } from "./question.ts";
import { applyReceipts, lookAtReceipts } from "./receipts.ts";
import { recountWithProgress } from "./recount.ts";
import { openLaterReport } from "./report.ts";
import {
  type Asked,
  checkTarget,
  planResume,
  type ResumePlan,
  resumeFacts,
  showPlan,
} from "./resume-plan.ts";
import { type RunSetup, runToEnd } from "./run-to-end.ts";
import { addHoursOptions, describeAt, type HoursFlags, parseScheduleChanges } from "./schedule-flags.ts";
import { planTelling, sayWouldTell } from "./telling.ts";

export interface ResumeFlags extends EngineFlags, HoursFlags {
  now?: boolean;
  last?: boolean;
  retryUnknown?: boolean;
  retryFailed?: boolean;
  acceptCanary?: boolean;
  join?: boolean;
  report?: string;
  dryRun?: boolean;
  yes?: boolean;
}

const EXAMPLES = `
Takes over the claims of a killed or stopped run, with the same codes or
consents, and sends to everyone who has no outcome yet. Shows what is left and
asks for confirmation; --yes skips the question. Without an id, lists the
broadcasts that can be resumed.

Examples:
  $ push-cli broadcast resume 20261123-184012-k3f9
  # Resume the newest one that can be resumed, from a script
  $ push-cli broadcast resume --last --yes
  $ push-cli broadcast resume 20261123-184012-k3f9 --retry-unknown
  # After a trial with --limit, send to everyone else
  $ push-cli broadcast resume 20261123-184012-k3f9 --limit none
  # Share the work from another machine
  $ push-cli broadcast resume 20261123-184012-k3f9 --join`;

export function registerBroadcastResume(broadcast: Command, run: RunAction): void {
  const resume = broadcast
    .command("resume [id]")
    .description("Resume a broadcast that was killed, stopped, paused or interrupted")
    .option("--last", "Resume the newest one that can be resumed, except paused ones")
    .option("--retry-unknown", "Retry recipients with unknown outcome, with the same code")
    .option("--retry-failed", "Retry failed recipients, with a new code or consent")
    .option("--limit <n>", "New limit for the whole broadcast, or none")
    .option("--accept-canary", "Send to everybody else although the canary failed, or waits for a decision")
    .option("--join", "Work alongside a running process")
    .option("--now", "Begin a scheduled broadcast at once")
    .option("--report <file>", "Append an NDJSON line for every recipient not yet in the file")
    .option("--dry-run", "Check and count what is left; send and change nothing");
  addEngineOptions(resume).optionsGroup("Schedule options:");
  addHoursOptions(resume, ", or none").addHelpText("after", EXAMPLES).action(run(resumeCommand));
}

async function resumeCommand(deps: Deps, flags: ResumeFlags, given: string | undefined): Promise<ExitName> {
  const limit = flags.limit === undefined ? undefined : parseNewLimit(flags.limit);
  const retry = retriesOf(flags);
  const takesReceipts = flags.waitReceipts !== undefined;
  const acceptCanary = flags.acceptCanary === true;
  if (flags.report !== undefined) await checkReportFlag(flags.report);
  const options = { ...parseRunOptions(flags), telling: await planTelling(deps, flags) };
  const settings = await deps.settings();
  requireCredentials(settings);
  const needs = await broadcastNeeds(deps);
  const wish = {
    ...{ retry, limit, takesReceipts, acceptCanary },
    timing: parseScheduleChanges(flags, undefined, deps.clock.now()),
  };
  const id = await chooseResumable(deps, given, flags.last === true, wish);
  const record = await loadBroadcast(needs, id);
  const timing = parseScheduleChanges(flags, record.schedule, deps.clock.now());
  checkChannel(record, settings);
  checkReceiptsFlag(flags, await deps.channel());
  const target = checkTarget(record, settings, flags.yes === true && !flags.dryRun);
  if (flags.now && hasBegun(record)) throw notScheduled(record);
  const goes = { join: flags.join === true, beginsNow: flags.now === true, acceptCanary };
  const spec = { retry, limit, timing, ...goes };
  checkResumable(record, { ...spec, takesReceipts }, deps.clock.now());
  const danger = await doubtRedis(deps, flags, record);
  if (!flags.dryRun) checkCanAsk(deps, flags, false);
  if (flags.dryRun || !flags.yes) {
    // Nobody is asked what is refused afterwards.
    if (!flags.dryRun) await findDeadRuns({ ...needs, say: deps.out.talk }, id, spec.join);
    const runs = await shownRuns(needs, id);
    const atWork = runs.find(({ alive }) => alive);
    if (atWork && !spec.join) throw isAlive(id, atWork);
    const changed = withTiming(record, timing);
    const recount = await recountWithProgress(deps, withLimit(changed, limit));
    // What receipts settle is not sent again.
    const receipts = flags.retryUnknown || takesReceipts ? await lookAtReceipts(deps, record) : undefined;
    if (receipts) applyReceipts(recount, receipts);
    const plan = planResume(changed, runs, recount, spec, receipts?.counts);
    if (flags.dryRun) sayWouldTell(deps, options.telling);
    if (flags.dryRun) return showPlan(deps, plan, { target, options, flags, danger });
    const interrupted = await ask(deps, plan, { target, options, flags, danger });
    if (interrupted) return interrupted;
  }
  if (flags.yes && target === "other")
    deps.out.warn(
      `warning: sending through ${settings.apiBase}, but the broadcast was started through ${record.apiBase}`,
    );
  return goOn(deps, flags, { record, options, spec, target, apiBase: settings.apiBase });
}

function retriesOf({ retryUnknown, retryFailed }: ResumeFlags): Retry[] {
  return [...(retryUnknown ? (["unknown"] as const) : []), ...(retryFailed ? (["failed"] as const) : [])];
}

function parseNewLimit(text: string): number | null {
  return text === "none" ? null : parseCount(text, { name: "--limit", min: 1 });
}

function notScheduled({ id }: BroadcastRecord): PushCliError {
  return usageError(`--now: broadcast '${id}' has begun already, or has no time to begin`, "leave --now out");
}

async function ask(deps: Deps, plan: ResumePlan, asked: Asked): Promise<ExitName | undefined> {
  return askToSend(deps, {
    facts: await resumeFacts(deps, plan, asked),
    sends: plan.sends,
    confirmAbove: asked.options.confirmAbove,
    text: `${describeVerb(deps, plan.view.record, asked.flags)} for up to ${countUsers(plan.sends)}`,
    // Another API than the one that it began with is nearly always a mistake.
    typed: asked.target === "other" ? plan.view.record.id : undefined,
    stdinTaken: false,
  });
}

/** "Resume b-1", "Wait for b-1 and begin it at 2026-11-28 09:00" */
function describeVerb(deps: Deps, record: BroadcastRecord, { now }: Asked["flags"]): string {
  const { id, schedule } = record;
  if (hasBegun(record)) return `Resume ${id}`;
  const nowMs = deps.clock.now();
  return now || isDue(record, nowMs)
    ? `Begin ${id}`
    : `Wait for ${id} and begin it${describeAt(schedule, nowMs)}`;
}

export interface Resumed {
  record: BroadcastRecord;
  options: RunOptions;
  spec: Pick<ResumeSpec, "retry" | "limit" | "join" | "timing" | "beginsNow" | "mayBeLate" | "acceptCanary">;
  target: Asked["target"];
  apiBase: string;
}

/** Drives a later run, after all questions. `hooks`: see `RunSetup`. */
export async function goOn(
  deps: Deps,
  flags: Pick<ResumeFlags, "report" | "allowEviction" | "retryUnknown">,
  { record, options, spec, target, apiBase }: Resumed,
  hooks: Pick<RunSetup, "onBegin" | "onEnd"> = {},
): Promise<ExitName> {
  const channel = await deps.channel();
  const { startRate, permission } = channel;
  const report =
    flags.report === undefined ? undefined : await openLaterReport(deps, flags.report, permission);
  const engine = { ...options.engine, startRate, repeat: repeatOf(channel, record.message) };
  const goesOn = withLimit(record, spec.limit);
  const setup = {
    id: record.id,
    message: record.message,
    engine,
    report,
    ...hooks,
    startsLater: !hasBegun(record),
    total: () => countUsersOf(deps, goesOn),
    telling: options.telling,
  };
  return runToEnd(deps, setup, (runDeps, users) =>
    resumeBroadcast({ ...runDeps, say: deps.out.talk }, record.id, {
      ...spec,
      allowEviction: flags.allowEviction,
      isOtherApi: target !== "same",
      engine: { ...engine, retryUnknown: flags.retryUnknown },
      // What a retry goes over is no count of the whole audience.
      changes: {
        apiBase: record.apiBase ?? apiBase,
        users: record.users ?? (goesOn.recipients === undefined ? users : undefined),
      },
    }),
  );
}

/**
 * How many users the whole broadcast has: as counted when it started, else from pools and ledgers now. Not for a run whose
 * progress nobody sees.
 */
async function countUsersOf(deps: Deps, record: BroadcastRecord): Promise<number | undefined> {
  const known = record.recipients ?? record.users;
  if (known !== undefined || deps.out.quiet) return known;
  const { settled, open, left, again, withheld } = await recountWithProgress(deps, record);
  return settled.recipients + open + left + again + sumWithheld(withheld);
}
