import type { ExitName } from "../exit-codes.ts";
import { type Metric, renderMetrics } from "../output/exposition.ts";
import { checkMetricsFile, readMetric, writeMetrics } from "../output/metrics-file.ts";
import type { PurgeTotals } from "../pool/purge.ts";
import type { Deps } from "./deps.ts";
import { chooseHook, hostOf, tellHook } from "./hook.ts";

export interface PurgeTellingFlags {
  ping?: string;
  textfileMetrics?: string;
  dryRun?: boolean;
}

/** What was done by the time a purge ended, however it ended. */
export type Purged = PurgeTotals & { durationMs: number };

/** Whom to tell that a purge is over: nobody of a dry run. */
export interface PurgeTelling {
  pingUrl?: string | undefined;
  metricsFile?: string | undefined;
}

/** Rejects with a usage error about what would be found to be wrong only when all is done. */
export async function planPurgeTelling(
  deps: Deps,
  { ping, textfileMetrics, dryRun }: PurgeTellingFlags,
): Promise<PurgeTelling> {
  const pingUrl = await chooseHook(deps, "purgePingUrl", ping);
  if (textfileMetrics !== undefined) await checkMetricsFile(textfileMetrics);
  if (!dryRun) return { pingUrl, metricsFile: textfileMetrics };
  if (pingUrl !== undefined) deps.out.talk(`dry run: would ping ${hostOf(pingUrl)}`);
  return {};
}

/** A GET: of the services that wait for a ping, some take nothing else. */
export async function ping(deps: Deps, { pingUrl: url }: PurgeTelling): Promise<void> {
  if (url === undefined) return;
  await tellHook(deps, { url, request: { method: "GET" }, words: { done: "pinged", todo: "ping" } });
}

const LAST_SUCCESS = "push_cli_purge_last_success_timestamp_seconds";

/** Writes how a purge ended. `exit`: undefined when it failed; then the last success is the one that the file has. */
export async function writePurgeMetrics(
  deps: Deps,
  { metricsFile: path }: PurgeTelling,
  purged: Purged,
  exit: ExitName | undefined,
): Promise<void> {
  if (path === undefined) return;
  const nowSec = deps.clock.now() / 1000;
  const lastSuccess = exit === "done" ? nowSec : await readMetric(path, LAST_SUCCESS);
  const { channel } = await deps.settings();
  await writeMetrics(path, purgeMetrics(channel, purged, { nowSec, lastSuccess }));
}

/** The text of the file; times in Unix seconds. */
export function purgeMetrics(
  channel: string,
  purged: Purged,
  { nowSec, lastSuccess }: { nowSec: number; lastSuccess: number | undefined },
): string {
  const gauge = (name: string, help: string, value: number | undefined): Metric => ({
    name,
    help,
    samples: value === undefined ? [] : [{ labels: { channel }, value }],
  });
  const { poolsScanned, poolsChanged, expiredRemoved, unreadableKept, complete, durationMs } = purged;
  return renderMetrics([
    gauge("push_cli_purge_last_run_timestamp_seconds", "When a purge ended last, Unix time.", nowSec),
    gauge(LAST_SUCCESS, "When a purge ended with exit code 0 last, Unix time.", lastSuccess),
    gauge("push_cli_purge_pools_scanned", "Pools that the last purge looked at.", poolsScanned),
    gauge("push_cli_purge_pools_changed", "Pools that it removed something from.", poolsChanged),
    gauge("push_cli_purge_expired_removed", "Expired codes or consents that it removed.", expiredRemoved),
    gauge("push_cli_purge_unreadable_kept", "Unreadable entries that it kept.", unreadableKept),
    gauge("push_cli_purge_duration_seconds", "How long it took.", durationMs / 1000),
    gauge(
      "push_cli_purge_complete",
      "1 if it looked at every pool, 0 if it ended earlier.",
      complete ? 1 : 0,
    ),
  ]);
}
