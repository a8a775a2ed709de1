import type { PermissionKind } from "../../broadcast/channel.ts";
import type { NextCommand } from "../../broadcast/next-command.ts";
import { OUTCOMES, type Outcome } from "../../broadcast/outcome.ts";
import type { BroadcastResult } from "../../broadcast/record.ts";
import { formatCount, formatDuration, formatRate, formatShare } from "../../output/format.ts";
import type { Cell } from "../../output/output.ts";
import { displayWidth } from "../../output/width.ts";
import type { Deps } from "../deps.ts";
import { nameOf, titleOf } from "../permission-words.ts";
import { describeCanary } from "./canary-words.ts";
import { listFiltered } from "./filter-words.ts";
import { showVariants } from "./variant-words.ts";

const OUTCOME_WORDS: Record<Exclude<Outcome, "no_code">, string> = {
  sent: "the API accepted the message",
  rejected: "the user can't be messaged",
  failed: "refused for another reason",
  unknown: "may have been delivered",
  invalid: "invalid row",
  suppressed: "on the suppression list",
  held_out: "left out by --holdout",
  capped: "had as many messages as --cap allows",
  skipped: "settled earlier",
};

/** A result, of which figures that nobody has measured are null. */
export type Summary = Omit<BroadcastResult, "broadcastId" | "recipients" | "outcomes" | "open"> & {
  broadcastId?: string;
  recipients: number | null;
  outcomes: Record<Outcome, number> | null;
  open: number | null;
  next?: string[];
  /** Keys under the pools' prefix that are no pools. */
  passedOver?: number;
};

/** The end of a broadcast: the document, or tables of outcomes, of what was spent, and of errors. */
export async function showSummary(deps: Deps, result: Summary, spends: PermissionKind): Promise<void> {
  const { out } = deps;
  if (out.format !== "human") return out.document(result);
  for (const line of headlines(result, out.columns)) out.data(line);
  out.data("");
  await showOutcomes(deps, result, spends);
  if (!result.dryRun) await showVariants(deps, result);
  await showFiltered(deps, result);
  await showCodes(deps, result, spends);
  if (result.errors.length === 0) return;
  out.data("");
  await showErrors(deps, result.errors);
}

/** A figure, or a dash where nobody has measured it. */
export function orDash(count: number | null | undefined): string {
  return count === null || count === undefined ? "-" : formatCount(count);
}

function headlines(result: Summary, columns: number): string[] {
  const { broadcastId, status, recipients, dryRun, toGo, run } = result;
  const users = `${orDash(recipients)} ${recipients === 1 ? "recipient" : "recipients"}`;
  if (dryRun) return [`dry run: ${users}, nothing was sent`];
  const first = `broadcast ${broadcastId}: ${status}, ${users}${paceOf(result)},`;
  const rest = `to go ${orDash(toGo)}`;
  const fits = displayWidth(`${first} ${rest}`) <= columns;
  const lines = fits ? [`${first} ${rest}`] : [first, `  ${rest}`];
  // When all of it was this run's, there is nothing to tell apart.
  if (run && run.sent !== result.outcomes?.sent)
    lines.push(`this run: ${formatCount(run.sent)} sent${paceOf(run)}`);
  if (result.canary) lines.push(`canary ${describeCanary(result.canary)}`);
  if (result.outages?.count) lines.push(describeOutages(result.outages));
  return lines;
}

/** "API down once, for 42 s"; runs side by side each count what they sat out. */
function describeOutages({ count, ms }: NonNullable<BroadcastResult["outages"]>): string {
  const times = count === 1 ? "once" : `${formatCount(count)} times, together`;
  return `API down ${times}, for ${formatDuration(ms)}`;
}

/** " in 4.4 s, 96/s"; nothing before there is a time to speak of. */
export function paceOf({
  durationMs,
  sentPerSecond,
}: Pick<BroadcastResult, "durationMs" | "sentPerSecond">): string {
  if (sentPerSecond === null) return "";
  return ` in ${formatDuration(durationMs)}, ${formatRate(sentPerSecond)}`;
}

/** "stopped: errcode 45009 ..."; most reasons of other ends begin with the status: "interrupted (SIGINT)". */
export function describeStatus({ status, reason }: Pick<BroadcastResult, "status" | "reason">): string {
  if (reason === undefined) return status;
  return reason.startsWith(status) ? reason : `${status}: ${reason}`;
}

/** "sent 419, rejected 5" */
export function describeOutcomes(outcomes: Record<Outcome, number>): string {
  const some = OUTCOMES.filter((name) => name !== "skipped" && (outcomes[name] > 0 || name === "sent"));
  return some.map((name) => `${name} ${formatCount(outcomes[name])}`).join(", ");
}

/** "43101 x12  40003 x2"; `most`: how many kinds. */
export function describeErrors(errors: BroadcastResult["errors"], most: number): string {
  const some = errors.slice(0, most).map(({ errcode, errmsg, count }) => {
    return `${errcode ?? errmsg} x${formatCount(count)}`;
  });
  return [...some, ...(errors.length > most ? [`and ${errors.length - most} more`] : [])].join("  ");
}

const OUTCOME_COLUMNS = [
  { title: "outcome" },
  { title: "recipients", align: "right" as const },
  { title: "share", align: "right" as const },
  { title: "", wrap: true },
];

export async function showOutcomes({ out }: Deps, result: Summary, spends: PermissionKind): Promise<void> {
  const { outcomes, recipients, dryRun, open, toGo } = result;
  if (!outcomes || recipients === null) return;
  // Of all there are, so that half of a broadcast does not look like the whole.
  const whole = recipients + (dryRun ? 0 : (toGo ?? 0));
  const rows = OUTCOMES.filter((name) => outcomes[name] > 0 || name === "sent").map((name): Cell[] => {
    const words = dryRun && name === "sent" ? "would be sent" : wordsOf(name, spends);
    const share = name === "skipped" ? "" : formatShare(outcomes[name], whole);
    return [name, formatCount(outcomes[name]), share, words];
  });
  const openWords = `claimed, not settled: ${result.status === "cancelled" ? "may have been delivered" : resumeHas(spends)}`;
  if (open) rows.push(["(open)", formatCount(open), "", openWords]);
  if (toGo && !dryRun) rows.push(["(to go)", formatCount(toGo), formatShare(toGo, whole), "no outcome yet"]);
  await out.table(OUTCOME_COLUMNS, rows);
}

/** What an outcome means. */
export function wordsOf(outcome: Outcome, spends: PermissionKind): string {
  return outcome === "no_code" ? `no valid ${nameOf(spends)}` : OUTCOME_WORDS[outcome];
}

function resumeHas(spends: PermissionKind): string {
  return spends === "none" ? "resume retries it" : `resume reuses the ${nameOf(spends)}`;
}

/** How many users each filter has left out. Nothing without filters. */
export async function showFiltered({ out }: Deps, { filtered }: Pick<Summary, "filtered">): Promise<void> {
  if (!filtered) return;
  out.data("");
  const rows = listFiltered(filtered).map(([option, count]): Cell[] => [option, formatCount(count)]);
  await out.table([{ title: "excluded by" }, { title: "users", align: "right" }], rows);
}

/** What became of what was claimed. Nothing where nothing was. */
export async function showCodes(
  { out }: Deps,
  { codes }: Pick<Summary, "codes">,
  spends: PermissionKind,
): Promise<void> {
  const title = titleOf(spends);
  if (title === undefined) return;
  const rows = Object.entries(codes).map(([name, count]): Cell[] => [name, formatCount(count)]);
  out.data("");
  await out.table([{ title }, { title: "count", align: "right" }], rows);
}

const ERROR_COLUMNS = [
  { title: "errcode", align: "right" as const },
  { title: "answers", align: "right" as const },
  { title: "errmsg", wrap: true },
  { title: "meaning", wrap: true },
];

/** What the API answered instead of ok. */
export async function showErrors(
  deps: Deps,
  errors: BroadcastResult["errors"],
  channelName?: string,
): Promise<void> {
  const channel = await deps.channel(channelName);
  const rows = errors.map(({ errcode, errmsg, count }): Cell[] => {
    const meaning = errcode === null ? "" : (channel.meaningOf(errcode) ?? "not documented");
    return [errcode ?? "-", formatCount(count), errmsg, meaning];
  });
  await deps.out.table(ERROR_COLUMNS, rows);
}

/** The commands that lead on, one a line. */
export function sayNext({ out }: Deps, next: readonly NextCommand[]): void {
  for (const { command, why } of next) {
    const line = `next: ${command}  (${why})`;
    out.talk(line.length > 80 ? `next: ${command}` : line);
  }
}
