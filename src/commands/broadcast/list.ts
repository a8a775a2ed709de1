import type { Command } from "commander";
import type { BroadcastRecord } from "../../broadcast/record.ts";
import { parseCount } from "../../config/durations.ts";
import { PushCliError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatCount, formatMinute } from "../../output/format.ts";
import type { Cell } from "../../output/output.ts";
import type { Deps, RunAction } from "../deps.ts";

export function registerBroadcastList(broadcast: Command, run: RunAction): void {
  broadcast
    .command("list")
    .description("broadcasts of the last 90 days, the newest first")
    .option("--limit <n>", "at most so many", "20")
    .addHelpText("after", "\nExample:\n  $ push-cli broadcast list --limit 5")
    .action(run(list));
}

async function list(deps: Deps, flags: { limit: string }): Promise<ExitName> {
  const limit = parseCount(flags.limit, { name: "--limit", min: 1, max: 10_000 });
  const { broadcasts } = await deps.stores();
  const records = await broadcasts.list(limit);
  const { out } = deps;
  if (records.length === 0) {
    throw new PushCliError("nothing", "there is no broadcast", {
      hint: "push-cli broadcast <templateId> starts one",
    });
  }
  if (out.format === "json") {
    for (const record of records) await out.line(toDocument(record));
    return "done";
  }
  const time = (ms: number) => (out.format === "human" ? formatMinute(ms) : new Date(ms).toISOString());
  await out.table(
    COLUMNS,
    records.map((record) => row(record, time, out.format === "human")),
  );
  return "done";
}

const COLUMNS = [
  { title: "id" },
  // Right, because such a column is not cut where space is short.
  { title: "started", align: "right" as const },
  { title: "status", align: "right" as const },
  { title: "template" },
  { title: "recipients", align: "right" as const },
  { title: "sent", align: "right" as const },
];

function row(record: BroadcastRecord, time: (ms: number) => string, human: boolean): Cell[] {
  const { id, startedAtMs, status, message, result } = record;
  const count = (value: number | undefined) =>
    value === undefined ? "" : human ? formatCount(value) : value;
  return [
    id,
    time(startedAtMs),
    status,
    message.templateId,
    count(result?.recipients),
    count(result?.outcomes.sent),
  ];
}

function toDocument({ id, status, reason, message, startedAtMs, finishedAtMs, result }: BroadcastRecord) {
  return {
    broadcastId: id,
    status,
    ...(reason ? { reason } : {}),
    templateId: message.templateId,
    startedAt: new Date(startedAtMs).toISOString(),
    finishedAt: finishedAtMs === undefined ? null : new Date(finishedAtMs).toISOString(),
    recipients: result?.recipients ?? null,
    outcomes: result?.outcomes ?? null,
  };
}
