import type { Command } from "commander";
import type { BroadcastRecord, BroadcastResult, KnownRun } from "../../broadcast/record.ts";
import type { Recount } from "../../broadcast/recount.ts";
import { loadBroadcast } from "../../broadcast/resume.ts";
import { addCodes, addErrors } from "../../broadcast/totals.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatTime } from "../../output/format.ts";
import type { Deps, RunAction } from "../deps.ts";
import { recountWithProgress } from "./recount.ts";
import { showSummary } from "./summary.ts";

const EXAMPLES = `
Examples:
  $ push-cli broadcast show 20261123-184012-k3f9
  $ push-cli broadcast show 20261123-184012-k3f9 --exact --json`;

export function registerBroadcastShow(broadcast: Command, run: RunAction): void {
  broadcast
    .command("show <id>")
    .description("one broadcast: message, status, totals, errors, and the runs that worked on it")
    .option("--exact", "count again from the ledgers, instead of what the last run wrote down")
    .addHelpText("after", EXAMPLES)
    .action(run(show));
}

async function show(deps: Deps, flags: { exact?: boolean }, id: string): Promise<ExitName> {
  const { broadcasts } = await deps.stores();
  const record = await loadBroadcast({ store: broadcasts }, id);
  const runs = await broadcasts.runs(id);
  const recount = flags.exact ? await recountWithProgress(deps, record) : undefined;
  const result = toResult(record, runs, recount);
  await present(deps, record, runs, result);
  if (!record.result && !recount)
    deps.out.talk("no run has written its totals yet: --exact counts from the ledgers");
  return "done";
}

/** The totals: the last run's, or of a recount; zeros for a run that was killed before it wrote any. */
function toResult(record: BroadcastRecord, runs: KnownRun[], recount: Recount | undefined): BroadcastResult {
  const lastMs = Math.max(record.startedAtMs, ...runs.map(({ untilMs }) => untilMs));
  const empty: BroadcastResult = {
    broadcastId: record.id,
    status: record.status,
    templateId: record.message.templateId,
    recipients: 0,
    outcomes: { sent: 0, no_code: 0, rejected: 0, failed: 0, unknown: 0, skipped: 0 },
    codes: { spent: 0, expired: 0, refused: 0, released: 0 },
    errors: addErrors([], runs),
    open: 0,
    startedAt: new Date(record.startedAtMs).toISOString(),
    finishedAt: new Date(record.finishedAtMs ?? lastMs).toISOString(),
    durationMs: (record.finishedAtMs ?? lastMs) - record.startedAtMs,
  };
  const known = { ...(record.result ?? empty), status: record.status };
  if (!recount) return known;
  const { settled, open } = recount;
  // Who never had a code has no record; once the broadcast is finished, only its result knows of them.
  const outcomes = { ...settled.outcomes, skipped: 0 };
  if (record.status === "finished") outcomes.no_code = known.outcomes.no_code;
  const { sent, no_code, rejected, failed, unknown } = outcomes;
  return {
    ...known,
    recipients: sent + no_code + rejected + failed + unknown,
    outcomes,
    codes: addCodes(empty.codes, settled, runs),
    open,
  };
}

async function present(
  deps: Deps,
  record: BroadcastRecord,
  runs: KnownRun[],
  result: BroadcastResult,
): Promise<void> {
  const { out } = deps;
  const { message, audience, limit, rate } = record;
  if (out.format === "json") {
    out.json({ ...result, message, audience, limit, rate, runs: runs.map(runDocument) });
    return;
  }
  if (out.format === "human") {
    out.data(`template  ${message.templateId}`);
    out.data(`page      ${message.page ?? "(none)"}`);
    for (const [i, value] of message.keywords.entries()) out.data(`keyword${i + 1}  ${value}`);
    out.data(`audience  ${audience === "list" ? "listed users" : "all pools"}`);
  }
  await showSummary(deps, result);
  const time = (ms: number) => (out.format === "human" ? formatTime(ms) : new Date(ms).toISOString());
  const rows = runs.map(({ runId, host, pid, sinceMs, untilMs, alive }) => [
    runId,
    host,
    pid,
    time(sinceMs),
    time(untilMs),
    alive ? "running" : "ended",
  ]);
  // In a pipe each row says what it is, as the totals above it do.
  if (out.format === "plain")
    await out.table(
      [],
      rows.map((row) => ["run", ...row]),
    );
  else if (rows.length > 0) await out.table(RUN_COLUMNS, rows);
  if (record.status === "running" && !runs.some(({ alive }) => alive)) {
    out.talk(`no run is alive: push-cli broadcast resume ${record.id} goes on`);
  }
}

const RUN_COLUMNS = [
  { title: "run" },
  { title: "host" },
  { title: "pid", align: "right" as const },
  { title: "since" },
  { title: "last seen" },
  { title: "" },
];

function runDocument({ runId, host, pid, sinceMs, untilMs, alive }: KnownRun) {
  return {
    runId,
    host,
    pid,
    since: new Date(sinceMs).toISOString(),
    lastSeen: new Date(untilMs).toISOString(),
    alive,
  };
}
