import type { ChannelFacts, Message } from "../../broadcast/channel.ts";
import { checkBroadcastId } from "../../broadcast/ids.ts";
import { loadBroadcast } from "../../broadcast/load-broadcast.ts";
import type { BroadcastRecord } from "../../broadcast/record.ts";
import { shownRuns } from "../../broadcast/status.ts";
import { checkIdIsFree } from "../../broadcast/taken-id.ts";
import { eachVariant } from "../../broadcast/variants.ts";
import { type BroadcastView, viewBroadcast } from "../../broadcast/view.ts";
import { requireCredentials } from "../../config/credentials.ts";
import { DEFAULT_CHANNEL } from "../../config/settings.ts";
import { PushCliError, usageError } from "../../errors.ts";
import { checkReport } from "../../output/report-file.ts";
import type { Deps, SendOf } from "../deps.ts";
import { isEmptyMessage } from "./options.ts";
import { STDOUT } from "./report.ts";

export interface CheckedFlags {
  keywords?: string | false;
  report?: string;
  id?: string;
  yes?: boolean;
  anyTemplate?: boolean;
  waitReceipts?: string;
}

/**
 * Whatever a broadcast would be refused for before its first message, found out before anything takes time: a dry run is
 * refused for the same. Asks the API nothing and changes nothing. Returns a doubt about the template id to be shown.
 */
export async function checkBeforehand(
  deps: Deps,
  flags: CheckedFlags,
  message: Message,
): Promise<string | undefined> {
  if (flags.id !== undefined) checkBroadcastId(flags.id);
  if (flags.yes) checkKeywords(flags, message);
  if (flags.report !== undefined) await checkReportFlag(flags.report);
  const settings = await deps.settings();
  requireCredentials(settings);
  const channel = await deps.channel();
  checkReceiptsFlag(flags, channel);
  const doubt = channel.doubtTemplateId(settings.apiBase, message.templateId);
  if (doubt?.isCertain && !flags.anyTemplate) {
    throw usageError(
      doubt.text,
      "copy the id from the platform's console, or use --any-template to send anyway",
    );
  }
  if (flags.id !== undefined) await checkIdIsFree(await broadcastNeeds(deps), flags.id);
  return doubt?.text;
}

/** Nobody looks at the preview, so an empty message has to be meant. */
function checkKeywords({ keywords }: CheckedFlags, message: Message): void {
  if (keywords === false || !isEmptyMessage(message)) return;
  const { name } = eachVariant(message).find((one) => isEmptyMessage(one.message)) ?? {};
  if (name !== undefined)
    throw usageError(
      `--variant ${name} is empty: its users would get a blank message`,
      "check for an empty shell variable",
    );
  const what = message.fields.length === 0 ? "no --keywords" : `--keywords '${keywords}' is empty`;
  throw usageError(
    `${what}: every user would get a blank message`,
    "check for an empty shell variable, or use --no-keywords to send anyway",
  );
}

/** For --wait-receipts of a first run and a later one. */
export function checkReceiptsFlag(
  { waitReceipts }: { waitReceipts?: string },
  { name, receipts }: Pick<ChannelFacts, "name" | "receipts">,
): void {
  if (waitReceipts === undefined || receipts) return;
  throw usageError(
    `--wait-receipts ${waitReceipts}: ${name} messages have no receipts`,
    "receipts exist for channels such as wechat-subscribe, whose unknown outcomes can't be retried safely",
  );
}

/** For --report of a first run and a later one. */
export async function checkReportFlag(path: string): Promise<void> {
  if (path === "") throw usageError("--report: '' is not a file", "use --report - for stdout");
  if (path !== STDOUT) await checkReport(path);
}

/** What looking at broadcasts takes. */
export async function broadcastNeeds(deps: Deps) {
  const { broadcasts, lookAtMemory } = await deps.stores();
  return { store: broadcasts, lookAtMemory, clock: deps.clock, fateOf: deps.io.fateOf };
}

/**
 * A broadcast as it stands. The runs are looked at before the record: one that ends in between still counts as running,
 * where the other way round its broadcast would look dead. Rejects with `nothing` when there is none of that id.
 */
export async function loadView(deps: Deps, id: string): Promise<BroadcastView> {
  const needs = await broadcastNeeds(deps);
  const runs = await shownRuns(needs, id);
  return viewBroadcast(await loadBroadcast(needs, id), runs);
}

/** Where what a broadcast spends lies, whatever channel is set now. */
export function sendOf({ message, channel = DEFAULT_CHANNEL }: BroadcastRecord): SendOf {
  return { ...message, channel };
}

/** A permission of one channel is none of another. Throws a `config` error. */
export function checkChannel(
  { id, channel: own = DEFAULT_CHANNEL }: { id: string; channel?: string | undefined },
  { channel }: { channel: string },
): void {
  if (own === channel) return;
  throw new PushCliError(
    "config",
    `broadcast '${id}' uses channel ${own}, but the current channel is ${channel}`,
    {
      hint: `to continue, use --channel ${own}`,
    },
  );
}

/** The API that a broadcast began with and the one that is set now: a code works only where it was issued. */
export function checkApiBase(
  { id, apiBase: own }: { id: string; apiBase?: string | undefined },
  { apiBase, isFromFlag }: { apiBase: string; isFromFlag: boolean },
): "same" | "unknown" | "other" {
  if (own !== undefined && sameBase(own, apiBase)) return "same";
  if (isFromFlag) return own === undefined ? "same" : "other";
  if (own === undefined) return "unknown";
  throw new PushCliError(
    "config",
    `broadcast '${id}' was started through ${own}, but the current API is ${apiBase}`,
    {
      hint: `to continue there, use --api-base ${own}; to use another API, give it explicitly with --api-base`,
    },
  );
}

function sameBase(one: string, other: string): boolean {
  const plain = (base: string) => new URL(base).href.replace(/\/+$/, "");
  return plain(one) === plain(other);
}
