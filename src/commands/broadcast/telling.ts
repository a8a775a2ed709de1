import type { Ended } from "../../broadcast/deps.ts";
import { hasLastWord } from "../../broadcast/last-word.ts";
import { settingProblem } from "../../config/given.ts";
import type { PushCliError } from "../../errors.ts";
import { formatOfHost, type NotifyFormat } from "../../notify/format.ts";
import { requestOf } from "../../notify/notification.ts";
import { checkMetricsFile } from "../../output/metrics-file.ts";
import type { Fact } from "../../output/output.ts";
import type { Deps } from "../deps.ts";
import { chooseHook, hostOf, tellHook } from "../hook.ts";
import { describeEnd } from "./end-text.ts";
import { openMetrics } from "./metrics.ts";
import { broadcastNeeds } from "./preflight.ts";
import type { Summary } from "./summary.ts";
import type { Telling, TellingFlags } from "./telling-options.ts";

/** Rejects with a usage error about what would be found to be wrong only after the last message. */
export async function planTelling(deps: Deps, flags: TellingFlags): Promise<Telling> {
  const { notify, notifyFormat, textfileMetrics: metricsFile } = flags;
  const origin = { source: "flag", name: "--notify-format" } as const;
  const problem = notifyFormat && settingProblem("notifyFormat", { value: notifyFormat, origin });
  if (problem) throw problem;
  const url = await chooseHook(deps, "notifyUrl", notify);
  if (metricsFile !== undefined) await checkMetricsFile(metricsFile);
  if (url === undefined) return { metricsFile };
  const given = (notifyFormat as NotifyFormat | undefined) ?? (await deps.settings()).notifyFormat;
  return { metricsFile, hook: { url, format: given ?? formatOfHost(new URL(url).hostname) } };
}

/** What the question and a dry run say of it. */
export function tellingFacts({ hook, metricsFile }: Telling = {}): Fact[] {
  return [
    ...(hook ? [["notifies", describeHook(hook)] as Fact] : []),
    ...(metricsFile === undefined ? [] : [["metrics", metricsFile] as Fact]),
  ];
}

/** For those who don't see the facts. */
export function sayWouldTell({ out }: Deps, { hook }: Telling = {}): void {
  if (hook && out.format !== "human") out.talk(`dry run: would notify ${describeHook(hook)}`);
}

/** As much as may be shown. */
function describeHook({ url, format }: NonNullable<Telling["hook"]>): string {
  return `${hostOf(url)} (${format})`;
}

/** Tells of a run; nothing of it ends the run, and all of it can be called before anything has begun. */
export function startTelling(deps: Deps, { hook, metricsFile }: Telling = {}) {
  let metrics: ReturnType<typeof openMetrics> | undefined;
  return {
    begin: (id: string) => {
      metrics = metricsFile === undefined ? undefined : openMetrics(deps, metricsFile, id);
    },
    /** Once all is printed and written. Returns whether the metrics could not be written, which it has said. */
    end: async (ended: Ended, summary: Summary): Promise<boolean> => {
      if (!hook && !metrics) return false;
      const isWhole = await hasLastWord(await broadcastNeeds(deps), ended);
      const failure = await metrics?.end(isWhole ? summary : undefined);
      if (failure) deps.out.error(reportOf(failure));
      if (hook && isWhole) await notify(deps, hook, ended, summary);
      return failure !== undefined;
    },
    close: () => metrics?.close(),
  };
}

function reportOf({ kind, message, hint }: PushCliError) {
  return { code: kind, message, hint };
}

async function notify(
  deps: Deps,
  { url, format }: NonNullable<Telling["hook"]>,
  { result }: Ended,
  summary: Summary,
): Promise<void> {
  const { notifySecret: secret, profile } = await deps.settings();
  const notification = {
    event: "broadcast.ended",
    eventId: `${result.broadcastId}/${result.run?.runId ?? ""}`,
    document: summary,
    text: describeEnd(summary, profile),
  };
  const request = requestOf(notification, { format, secret, nowMs: deps.clock.now() });
  await tellHook(deps, { url, request, format, words: { done: "notified", todo: "notify" } });
}
