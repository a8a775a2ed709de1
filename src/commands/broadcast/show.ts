import type { Command } from "commander";
import type { Message, PermissionKind } from "../../broadcast/channel.ts";
import { loadBroadcast } from "../../broadcast/load-broadcast.ts";
import { nextCommands } from "../../broadcast/next-command.ts";
import { elapsedOf } from "../../broadcast/pace.ts";
import type { BroadcastRecord, KnownRun } from "../../broadcast/record.ts";
import { hasBegun } from "../../broadcast/schedule.ts";
import { shownRuns } from "../../broadcast/status.ts";
import { type BroadcastView, viewBroadcast } from "../../broadcast/view.ts";
import { DEFAULT_CHANNEL } from "../../config/settings.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatCount, formatDuration, formatMinute, formatRate, formatTime } from "../../output/format.ts";
import type { Fact } from "../../output/output.ts";
import { cutToWidth } from "../../output/width.ts";
import type { Deps, RunAction } from "../deps.ts";
import { spendsOf } from "../permission-words.ts";
import { canaryFacts } from "./canary-words.ts";
import { policyFacts, toPolicyDocument } from "./filter-words.ts";
import { broadcastNeeds } from "./preflight.ts";
import { messageFacts } from "./question.ts";
import { recountWithProgress } from "./recount.ts";
import { scheduleFacts } from "./schedule-flags.ts";
import {
  describeErrors,
  describeStatus,
  orDash,
  paceOf,
  sayNext,
  showCodes,
  showErrors,
  showFiltered,
  showOutcomes,
} from "./summary.ts";
import { showVariants, variantsInBrief } from "./variant-words.ts";

const EXAMPLES = `
Counts are from the end of the last run, or from heartbeats while a broadcast is
running. --exact recounts them from the ledgers.

Examples:
  $ push-cli broadcast show 20261123-184012-k3f9
  $ push-cli broadcast show 20261123-184012-k3f9 --exact --json`;

export function registerBroadcastShow(broadcast: Command, run: RunAction): void {
  broadcast
    .command("show <id>")
    .description("Show a broadcast: status, progress and next steps")
    .option("--exact", "Recount from the ledgers")
    .option("--full", "Show all keywords, codes, errors and runs")
    .addHelpText("after", EXAMPLES)
    .action(run(show));
}

async function show(deps: Deps, flags: { exact?: boolean; full?: boolean }, id: string): Promise<ExitName> {
  const needs = await broadcastNeeds(deps);
  // In this order, as in loadView.
  const runs = await shownRuns(needs, id);
  const record = await loadBroadcast(needs, id);
  const view = viewBroadcast(record, runs, flags.exact ? await recountWithProgress(deps, record) : undefined);
  await presentView(deps, view, flags.full === true);
  return "done";
}

/** A broadcast as a document, or on one screen; `full`: with everything there is. */
export async function presentView(deps: Deps, view: BroadcastView, full: boolean): Promise<void> {
  const { out } = deps;
  const { record, runs, result } = view;
  const next = nextCommands(view);
  const spends = await spendsOf(deps, record.message, record.channel);
  const commands = next.map(({ command }) => command);
  if (out.format !== "human") {
    const { message, audience, limit, rate, users, appid, apiBase } = record;
    const { channel = DEFAULT_CHANNEL } = record;
    const more = {
      counted: view.counted,
      channel,
      message: toMessageDocument(message),
      audience,
      ...(record.policy ? { filters: toPolicyDocument(record.policy) } : {}),
      limit,
      rate,
      users,
      appid,
      apiBase,
    };
    return out.document({ ...result, next: commands, ...more, runs: runs.map(toRunDocument) });
  }
  out.facts(factsOf(view, full, deps.clock.now()));
  out.data("");
  // Whom the last run skipped, others have sent to.
  const outcomes = result.outcomes && { ...result.outcomes, skipped: 0 };
  await showOutcomes(deps, { ...result, outcomes }, spends);
  await showVariants(deps, result);
  await showFiltered(deps, result);
  if (full) await showRest(deps, view, spends);
  sayNext(deps, next);
}

function factsOf({ record, runs, result, counted }: BroadcastView, full: boolean, nowMs: number): Fact[] {
  const { message, audience, limit, rate, apiBase = "-", users } = record;
  const [whom, upTo] = [
    audience === "list" ? "listed users" : "all pools",
    limit === undefined ? "" : `, limit ${formatCount(limit)}`,
  ];
  return [
    ["broadcast", `${record.id}: ${describeStatus(result)}${record.cut ? " (limit reached)" : ""}`],
    ["when", whenOf(record, result)],
    ...scheduleFacts(record.schedule, nowMs, hasBegun(record)),
    ...whoFacts(runs),
    ["API", `${apiBase}, appid ${record.appid}${record.channel === undefined ? "" : `, ${record.channel}`}`],
    ...(full ? messageFacts(message) : messageInBrief(message)),
    [
      "audience",
      `${whom}${upTo}${rate === undefined ? "" : `, ${formatRate(rate)}`}${users === undefined ? "" : `, ${formatCount(users)} users`}`,
    ],
    ...policyFacts(record.policy),
    ...canaryFacts(result.canary),
    [
      "done",
      `${orDash(result.recipients)}${paceOf(result)}; to go ${orDash(result.toGo)}${runs.length === 0 ? "" : SOURCES[counted]}`,
    ],
    ...(full || result.errors.length === 0
      ? []
      : [["errors", inARow(describeErrors(result.errors, SHOWN_ERRORS))] as Fact]),
  ];
}

/** So that all of it fits into 24 lines; --full has a table of them. */
const SHOWN_ERRORS = 3;
/** What the labels leave of 80 columns. */
const ROOM = 68;

function inARow(text: string): string {
  return cutToWidth(text, ROOM);
}

/** `keywords` and `emphasis` are what older versions had in the place of `fields` and `options`. */
function toMessageDocument(message: Message) {
  const emphasis = message.options?.emphasis;
  return {
    ...message,
    keywords: message.fields.map(({ value }) => value),
    ...(emphasis === undefined ? {} : { emphasis: Number(emphasis) }),
  };
}

/** Two lines at most, or one and those of the variants. */
function messageInBrief(message: Message): Fact[] {
  const { templateId, page, fields, variants } = message;
  const where = page === undefined ? "" : `, page ${page}`;
  const words = fields.map(({ value }) => `"${value}"`).join(", ");
  return [
    ["template", inARow(`${templateId}${where}`)],
    ...variantsInBrief(message, ROOM),
    ...(words && !variants ? [["keywords", inARow(words)] as Fact] : []),
  ];
}

const SOURCES = {
  result: "",
  heartbeats: " (from heartbeats)",
  ledgers: " (from the ledgers)",
};

function whenOf(record: BroadcastRecord, { finishedAt, lastSeenAt }: BroadcastView["result"]): string {
  const started = `${hasBegun(record) ? "started" : "created"} ${formatTime(record.startedAtMs)}`;
  if (finishedAt !== null) return `${started}, finished ${formatTime(Date.parse(finishedAt))}`;
  return lastSeenAt === null ? started : `${started}, last seen ${formatTime(Date.parse(lastSeenAt))}`;
}

/** None before the first run. */
function whoFacts(runs: readonly KnownRun[]): Fact[] {
  const last = runs.at(-1);
  if (!last) return [];
  const by = `${ownerOf(last)}, pid ${last.pid}`;
  const alive = runs.filter((run) => run.alive).length;
  return [["who", `${by}${runs.length > 1 ? `; ${runs.length} runs, ${alive} alive` : ""}`]];
}

async function showRest(
  deps: Deps,
  { record, result, runs }: BroadcastView,
  spends: PermissionKind,
): Promise<void> {
  const { out } = deps;
  await showCodes(deps, result, spends);
  if (result.errors.length > 0) {
    out.data("");
    await showErrors(deps, result.errors, record.channel);
  }
  if (runs.length === 0) return;
  out.data("");
  await out.table(RUN_COLUMNS, runs.map(toScreenRow));
}

const RUN_COLUMNS = [
  { title: "who" },
  { title: "pid", align: "right" as const },
  { title: "since", whole: true },
  { title: "worked", align: "right" as const },
  { title: "sent", align: "right" as const },
  { title: "state", whole: true },
];

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** Without the run's id, which no command takes: that leaves room for who it was. */
function toScreenRow(run: KnownRun): (string | number)[] {
  const { pid, sinceMs, outcomes } = run;
  const worked = formatDuration(elapsedOf(run));
  return [ownerOf(run), pid, formatMinute(sinceMs), worked, orDash(outcomes?.sent), stateOf(run)];
}

function ownerOf({ user, host }: Pick<KnownRun, "user" | "host">): string {
  return user === undefined ? host : `${user}@${host}`;
}

function stateOf({ alive, concluding, ended, outcomes }: KnownRun): string {
  if (alive) return "running";
  if (concluding) return "summing up";
  // Older versions did not note how a run ended.
  return ended || !outcomes ? "ended" : "died";
}

function toRunDocument(run: KnownRun) {
  const { runId, host, pid, user = null, sinceMs, untilMs, alive, outcomes = null, open = null } = run;
  const foundPerSec = run.found === undefined ? null : Math.round(run.found.perSec * 100) / 100;
  const times = { since: isoTime(sinceMs), lastSeen: isoTime(untilMs) };
  return { runId, host, pid, user, ...times, alive, state: stateOf(run), outcomes, open, foundPerSec };
}
