import { nextCommands } from "../../broadcast/next-command.ts";
import { listRecipients } from "../../broadcast/recipients.ts";
import type { BroadcastRecord } from "../../broadcast/record.ts";
import type { ReportLine } from "../../broadcast/report.ts";
import type { BroadcastView } from "../../broadcast/view.ts";
import { formatCount } from "../../output/format.ts";
import type { Missed, ReportData } from "../../report/data.ts";
import type { Deps } from "../deps.ts";
import { spendsOf, titleOf } from "../permission-words.ts";
import { listFiltered } from "./filter-words.ts";
import { sendOf } from "./preflight.ts";
import { settingsOf } from "./report-settings.ts";
import { wordsOf } from "./summary.ts";

/** Rows of the table of recipients: a page with more is a list, and there is a command for that. */
const MAX_LINES = 200;

const MISSED = ["failed", "unknown"];

/** All that the page of a broadcast shows. */
export async function collectReport(deps: Deps, view: BroadcastView, isFull: boolean): Promise<ReportData> {
  const { record, result } = view;
  const takenAtMs = deps.clock.now();
  const channel = await deps.channel(record.channel);
  const spends = await spendsOf(deps, record.message, record.channel);
  return {
    view,
    takenAtMs,
    timeZone: describeZone(takenAtMs),
    version: deps.version,
    channel: channel.title,
    wordsOf: (outcome) => wordsOf(outcome, spends),
    meaningOf: (errcode) => channel.meaningOf(errcode),
    remedyOf: (errcode) => channel.remedyOf?.(errcode),
    spends: titleOf(spends),
    settings: settingsOf(view),
    filtered: listFiltered(result.filtered ?? {}),
    missed: await collectMissed(deps, view, isFull),
    next: nextCommands(view),
  };
}

/** The first of those who failed or may have the message. Where nobody did, no ledger is read. */
async function collectMissed(
  deps: Deps,
  { record, result: { outcomes } }: BroadcastView,
  isFull: boolean,
): Promise<Missed> {
  const total = outcomes && outcomes.failed + outcomes.unknown;
  const command = `push-cli broadcast recipients ${record.id} --outcome ${MISSED.join(",")}`;
  const lines = total === 0 ? [] : await firstLines(deps, record, total ?? MAX_LINES);
  return { lines, total, command, isFull };
}

/** No more than there can be: a sweep of all ledgers ends with the last one. */
async function firstLines(deps: Deps, record: BroadcastRecord, total: number): Promise<ReportLine[]> {
  const { broadcasts: store, history, sweepLedgers } = await deps.stores(sendOf(record));
  const filter = { outcomes: new Set(MISSED) };
  const most = Math.min(total, MAX_LINES);
  const lines = new Map<string, ReportLine>();
  const progress = deps.out.progress();
  for await (const page of listRecipients({ store, history, sweepLedgers }, record, filter)) {
    // A sweep may meet somebody twice.
    for (const line of page) if (lines.size < most) lines.set(line.openId, line);
    if (lines.size >= most) break;
    progress.update(() => `reading ledgers: ${formatCount(lines.size)} failed or unknown`);
  }
  progress.done();
  return [...lines.values()];
}

/** "Asia/Shanghai (UTC+08:00)": what formatTime goes by. */
function describeZone(atMs: number): string {
  const minutes = -new Date(atMs).getTimezoneOffset();
  const pad = (value: number) => String(value).padStart(2, "0");
  const offset = `${pad(Math.floor(Math.abs(minutes) / 60))}:${pad(Math.abs(minutes) % 60)}`;
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  return minutes === 0 ? timeZone : `${timeZone} (UTC${minutes < 0 ? "-" : "+"}${offset})`;
}
