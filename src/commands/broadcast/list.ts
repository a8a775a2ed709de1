import type { Command } from "commander";
import { nextCommand } from "../../broadcast/next-command.ts";
import type { BroadcastView } from "../../broadcast/view.ts";
import { parseCount } from "../../config/durations.ts";
import { usageError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatDuration } from "../../output/format.ts";
import type { Cell } from "../../output/output.ts";
import type { Deps, RunAction } from "../deps.ts";
import { listOption } from "../suggest.ts";
import { viewNewest } from "./choose.ts";
import { orDash } from "./summary.ts";

const EXAMPLES = `
Examples:
  $ push-cli broadcast list --limit 5
  # List what the night has left unfinished
  $ push-cli broadcast list --status dead,stopped,interrupted --json`;

const STATUSES = [
  "scheduled",
  "running",
  "dead",
  "interrupted",
  "stopped",
  "paused",
  "cancelled",
  "finished",
];

export function registerBroadcastList(broadcast: Command, run: RunAction): void {
  broadcast
    .command("list")
    .alias("ls")
    .description("List the broadcasts of the last 90 days, newest first")
    .option("--limit <n>", "Consider only the newest n broadcasts", "20")
    .addOption(
      listOption("--status <status>", `Only broadcasts in this status: ${STATUSES.join(", ")}`, STATUSES),
    )
    .addHelpText("after", EXAMPLES)
    .action(run(list));
}

async function list(deps: Deps, flags: { limit: string; status?: string }): Promise<ExitName> {
  const limit = parseCount(flags.limit, { name: "--limit", min: 1, max: 10_000 });
  const wanted = flags.status === undefined ? STATUSES : parseStatuses(flags.status);
  const { out, clock } = deps;
  const views = (await viewNewest(deps, limit)).filter(({ status }) => wanted.includes(status));
  if (views.length === 0)
    out.talk(flags.status === undefined ? "no broadcasts found" : `no broadcasts are ${flags.status}`);
  else if (out.format === "json") for (const view of views) await out.line(toDocument(view));
  else {
    const isScreen = out.format === "human";
    const row = isScreen ? (view: BroadcastView) => toScreenRow(view, clock.now()) : toPlainRow;
    await out.table(isScreen ? COLUMNS : FIELDS, views.map(row));
  }
  return "done";
}

function parseStatuses(text: string): string[] {
  const statuses = text.split(",").map((word) => word.trim());
  const wrong = statuses.find((word) => !STATUSES.includes(word));
  if (wrong === undefined) return statuses;
  throw usageError(`--status: '${wrong}' is not a status`, `valid statuses: ${STATUSES.join(", ")}`);
}

const COLUMNS = [
  { title: "id", whole: true },
  { title: "age", align: "right" as const },
  { title: "status", whole: true },
  { title: "template" },
  { title: "sent", align: "right" as const },
  { title: "errors", align: "right" as const },
  { title: "to go", align: "right" as const },
];

/** For a person; `errors` are the failed and the unknown. */
function toScreenRow({ record, status, result }: BroadcastView, nowMs: number): Cell[] {
  const { id, startedAtMs, message, schedule } = record;
  const { outcomes, toGo } = result;
  const errors = outcomes && outcomes.failed + outcomes.unknown;
  const atMs = schedule?.atMs ?? nowMs;
  const age =
    status === "scheduled" && atMs > nowMs
      ? `in ${formatDuration(atMs - nowMs)}`
      : formatDuration(nowMs - startedAtMs);
  return [id, age, status, message.templateId, orDash(outcomes?.sent), orDash(errors), orDash(toGo)];
}

/** Of the rows for programs. */
const FIELDS = ["broadcastId", "startedAt", "status", "templateId", "sent", "failed", "unknown", "toGo"].map(
  (title) => ({ title }),
);

function toPlainRow({ record, status, result }: BroadcastView): Cell[] {
  const { id, startedAtMs, message } = record;
  const { outcomes, toGo } = result;
  const counts = [outcomes?.sent, outcomes?.failed, outcomes?.unknown, toGo].map((count) => count ?? "-");
  return [id, new Date(startedAtMs).toISOString(), status, message.templateId, ...counts];
}

function toDocument(view: BroadcastView) {
  const { errors: _, codes: __, open: ___, ...rest } = view.result;
  const next = nextCommand(view);
  return { ...rest, alive: view.runs.some(({ alive }) => alive), ...(next ? { next: next.command } : {}) };
}
