import type { Command } from "commander";
import type { Ended } from "../../broadcast/deps.ts";
import type { BroadcastRecord } from "../../broadcast/record.ts";
import { isDue } from "../../broadcast/schedule.ts";
import type { BroadcastView } from "../../broadcast/view.ts";
import { requireCredentials } from "../../config/credentials.ts";
import { DEFAULT_CHANNEL } from "../../config/settings.ts";
import { PushCliError } from "../../errors.ts";
import { EXIT_CODES, type ExitName, exitCode } from "../../exit-codes.ts";
import { formatCounted } from "../../output/format.ts";
import { askFirst } from "../ask.ts";
import type { Deps, RunAction } from "../deps.ts";
import { doubtRedis } from "./doubt-redis.ts";
import { addEngineOptions, type EngineFlags, parseRunOptions, type RunOptions } from "./options.ts";
import { checkReceiptsFlag, loadView } from "./preflight.ts";
import { checkCanAsk } from "./question.ts";
import { goOn } from "./resume.ts";
import { checkTarget } from "./resume-plan.ts";
import { CRON_LINE } from "./schedule-flags.ts";
import { planTelling } from "./telling.ts";

interface RunDueFlags extends EngineFlags {
  dryRun?: boolean;
  yes?: boolean;
}

const EXAMPLES = `
Begins what was scheduled with --at for the configured appid and channel, whose
time has come, and which no process waits for: one broadcast after the other,
each once, however many of these commands run at the same time. A broadcast
whose process dies after it has begun is not begun again: use broadcast resume.

Examples:
  $ push-cli broadcast run-due --dry-run
  # In a crontab
  ${CRON_LINE}`;

export function registerBroadcastRunDue(broadcast: Command, run: RunAction): void {
  const command = broadcast
    .command("run-due")
    .description("Begin the scheduled broadcasts whose time has come, for example from cron")
    .option("--dry-run", "List what would be begun; send and change nothing");
  addEngineOptions(command).addHelpText("after", EXAMPLES).action(run(runDue));
}

/** A broadcast that was begun, or would be. */
interface Begun {
  broadcastId: string;
  at: string | null;
  /** Null in a dry run. */
  exit: ExitName | null;
  exitCode: number | null;
  status: string;
  sent: number | null;
}

/** One that is due, or may be, and is left alone. */
interface Skipped {
  broadcastId: string;
  why: string;
}

async function runDue(deps: Deps, flags: RunDueFlags): Promise<ExitName> {
  const options = { ...parseRunOptions(flags), telling: await planTelling(deps, flags) };
  const settings = await deps.settings();
  requireCredentials(settings);
  checkReceiptsFlag(flags, await deps.channel());
  if (!flags.dryRun) checkCanAsk(deps, flags, false);
  const { due, skipped } = await findDue(deps);
  const begun: Begun[] = [];
  if (flags.dryRun) begun.push(...due.map(toPlanned));
  else if (due.length > 0) {
    const danger = await doubtRedis(deps, flags);
    for (const [, text] of flags.yes ? [] : danger) deps.out.warn(`warning: ${text}`);
    const ids = due.map(({ id }) => id);
    const question = `Begin ${formatCounted(due.length, "broadcast")} (${ids.join(", ")})?`;
    const interrupted = flags.yes ? undefined : await askFirst(deps, question, "nothing was sent");
    if (interrupted) return interrupted;
    for (const record of due) {
      const one = await runOne(deps, flags, options, record);
      if ("why" in one) skipped.push(one);
      else begun.push(one);
      if ("exit" in one && one.exit && SIGNALS.has(one.exit)) break;
    }
  }
  await showEnd(deps, begun, skipped, flags.dryRun === true);
  return worstOf(begun);
}

const SIGNALS: ReadonlySet<ExitName> = new Set(["sigint", "sigterm", "sighup"]);

/** The highest exit code. */
function worstOf(begun: readonly Begun[]): ExitName {
  const names = begun.flatMap(({ exit }) => (exit === null ? [] : [exit]));
  return names.reduce<ExitName>((worst, name) => (exitCode(name) > exitCode(worst) ? name : worst), "done");
}

/** What is due, the earliest first, and what would be but for whose it is. */
async function findDue(deps: Deps): Promise<{ due: BroadcastRecord[]; skipped: Skipped[] }> {
  const { broadcasts } = await deps.stores();
  const { appid, channel } = await deps.settings();
  const records = (await broadcasts.listScheduled()).filter((record) => isDue(record, deps.clock.now()));
  records.sort((a, b) => (a.schedule?.atMs ?? 0) - (b.schedule?.atMs ?? 0));
  const due: BroadcastRecord[] = [];
  const skipped: Skipped[] = [];
  for (const record of records) {
    const { id: broadcastId, channel: own = DEFAULT_CHANNEL } = record;
    if (own !== channel) skipped.push({ broadcastId, why: `its channel is ${own}` });
    else if (record.appid !== appid) skipped.push({ broadcastId, why: `its appid is ${record.appid}` });
    else {
      const view = await loadUnlessDeleted(deps, broadcastId);
      const why = view ? whyNotNow(view, deps.clock.now()) : "it was deleted";
      if (why === undefined) due.push(record);
      else skipped.push({ broadcastId, why });
    }
  }
  return { due, skipped };
}

function whyNotNow({ status, record, runs }: BroadcastView, nowMs: number): string | undefined {
  if (status !== "scheduled") return `it is ${status}`;
  if (!isDue(record, nowMs)) return "it is not due";
  const one = runs.find(({ alive }) => alive);
  return one && `a process on ${one.host} (pid ${one.pid}) is about to begin it`;
}

/** Long enough for a token and a count; a process that dies meanwhile blocks the others for this time. */
const LOCK_TTL_MS = 30_000;

/** Begins one, unless another process does, and drives it to its end. What goes wrong is reported; the others have their turn. */
async function runOne(
  deps: Deps,
  flags: RunDueFlags,
  options: RunOptions,
  record: BroadcastRecord,
): Promise<Begun | Skipped> {
  const { id } = record;
  const { locks } = await deps.stores();
  const lock = await locks.acquire(`begin:${id}`, LOCK_TTL_MS);
  if (!lock) return { broadcastId: id, why: "another process is about to begin it" };
  let ended: Ended | undefined;
  let exit: ExitName;
  try {
    const view = await loadView(deps, id);
    const why = whyNotNow(view, deps.clock.now());
    if (why !== undefined) return { broadcastId: id, why };
    const settings = await deps.settings();
    const target = checkTarget(view.record, settings, true);
    const spec = { retry: [], limit: undefined, join: false, mayBeLate: true, beginsScheduled: true };
    const resumed = { record: view.record, options, spec, target, apiBase: settings.apiBase };
    exit = await goOn(deps, flags, resumed, {
      onBegin: () => void lock.release().catch(() => undefined), // it lapses by itself
      onEnd: (end) => {
        ended = end;
      },
    });
  } catch (error) {
    if (!(error instanceof PushCliError)) throw error;
    const { kind, message, hint, details } = error;
    deps.out.error({ code: kind, message, hint, details });
    exit = kind;
  } finally {
    await lock.release().catch(() => undefined); // it lapses by itself
  }
  const after = await loadUnlessDeleted(deps, id);
  return toBegun(after ?? { record, status: ended?.result.status ?? record.status }, exit, ended);
}

async function loadUnlessDeleted(deps: Deps, id: string): Promise<BroadcastView | undefined> {
  try {
    return await loadView(deps, id);
  } catch (error) {
    if (error instanceof PushCliError && error.kind === "nothing") return undefined;
    throw error;
  }
}

type State = Pick<BroadcastView, "record" | "status">;

function toBegun({ record, status }: State, exit: ExitName, ended: Ended | undefined): Begun {
  const sent = ended?.result.outcomes.sent ?? null;
  return { ...toPlanned(record), exit, exitCode: EXIT_CODES[exit].code, status, sent };
}

function toPlanned({ id, schedule, status }: BroadcastRecord): Begun {
  const at = schedule?.atMs === undefined ? null : new Date(schedule.atMs).toISOString();
  return { broadcastId: id, at, exit: null, exitCode: null, status, sent: null };
}

async function showEnd(deps: Deps, begun: Begun[], skipped: Skipped[], dryRun: boolean): Promise<void> {
  const { out } = deps;
  for (const { broadcastId, why } of skipped) out.talk(`skipped ${broadcastId}: ${why}`);
  const sent = begun.reduce((sum, one) => sum + (one.sent ?? 0), 0);
  deps.note({ broadcastId: begun.map(({ broadcastId }) => broadcastId).join(" "), counts: { sent } });
  if (begun.length === 0) out.talk("no broadcast is due");
  // A cron job that has done nothing is silent.
  if (out.quiet && out.format !== "json") return;
  if (out.format !== "human")
    return out.document({ broadcasts: begun, skipped, ...(dryRun ? { dryRun: true } : {}) });
  for (const { broadcastId, exit, exitCode: code, status } of begun)
    out.data(
      dryRun
        ? `would begin ${broadcastId}`
        : `${broadcastId}: ${status}${code === 0 ? "" : `, exit code ${code} (${exit})`}`,
    );
}
