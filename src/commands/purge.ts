import type { Command } from "commander";
import { LONGEST_TIMER_MS } from "../clock.ts";
import { parseDuration, parseRate } from "../config/durations.ts";
import { messageOf, PushCliError, usageError } from "../errors.ts";
import type { ExitName } from "../exit-codes.ts";
import { formatCount, formatCounted, formatDuration, formatRate } from "../output/format.ts";
import { RateMeter } from "../output/rate-meter.ts";
import type { PoolStore } from "../pool/ports.ts";
import { noTotals, type PurgeOptions, type PurgeStore, type PurgeTotals, purgePools } from "../pool/purge.ts";
import type { HeldLock, LockStore } from "../token/ports.ts";
import type { Deps, RunAction } from "./deps.ts";
import { noPool } from "./no-pool.ts";
import { describePassed } from "./passed-over.ts";
import { noConsents } from "./pool/consents/common.ts";
import {
  type Purged,
  type PurgeTellingFlags,
  ping,
  planPurgeTelling,
  writePurgeMetrics,
} from "./purge-telling.ts";

interface PurgeFlags extends PurgeTellingFlags {
  maxDuration?: string;
  maxOps?: string;
}

const LOCK_TTL_MS = 30_000;

const EXAMPLES = `
Examples:
  # Count expired codes without removing them
  $ push-cli purge --dry-run
  $ push-cli purge --max-duration 10m
  # Limit the load: instantaneous_ops_per_sec rises by at most this much
  $ push-cli purge --max-ops 2000/s

Crontab entry for every night at 3:17; --quiet prints errors only:
  17 3 * * *  push-cli purge --quiet

To hear of it when it did not run: push-cli help monitoring`;

export function registerPurge(command: Command, run: RunAction): void {
  command
    .option("--dry-run", "Count only; change nothing")
    .option("--max-duration <time>", "Stop cleanly after this time, for example 90s, 10m or 1h")
    .option("--max-ops <n>", "Maximum rate of Redis commands, including those in scripts, for example 2000/s")
    .option("--ping <url>", "URL to request after a purge with exit code 0, or none")
    .option("--textfile-metrics <file>", "Write metrics to a .prom file for node_exporter")
    .addHelpText("after", EXAMPLES)
    .action(run(purgeAndTell));
}

/**
 * How it ended is told only when it is known. A ping that fails is a warning; metrics that can't be written change the exit code
 * of a purge that went well.
 */
async function purgeAndTell(deps: Deps, flags: PurgeFlags): Promise<ExitName> {
  const telling = await planPurgeTelling(deps, flags);
  const purged: Purged = { ...noTotals(), durationMs: 0 };
  let exit: ExitName;
  try {
    exit = await purge(deps, flags, purged);
  } catch (error) {
    await writePurgeMetrics(deps, telling, purged, undefined).catch((second: unknown) =>
      deps.out.warn(`warning: ${messageOf(second)}`),
    );
    throw error;
  }
  try {
    await writePurgeMetrics(deps, telling, purged, exit);
  } catch (error) {
    if (exit === "done") throw error;
    deps.out.warn(`warning: ${messageOf(error)}`);
  }
  if (exit === "done") await ping(deps, telling);
  return exit;
}

/** `purged` gets what was done, also when this rejects. */
async function purge(deps: Deps, flags: PurgeFlags, purged: Purged): Promise<ExitName> {
  const maxMs = flags.maxDuration === undefined ? undefined : parseMaxDuration(flags.maxDuration);
  const maxOpsPerSec = flags.maxOps === undefined ? undefined : parseRate(flags.maxOps, "--max-ops");
  const { pools: codes, locks } = await deps.stores();
  const consents = await deps.consents();
  const dryRun = flags.dryRun === true;
  if (consents && consents.pools.maxAgeMs === undefined) return sayNothingExpires(deps, dryRun, purged);
  const pools = consents?.pools ?? codes;
  const stop = stopSwitch(deps, maxMs);
  let lock: HeldLock | undefined;
  try {
    // Counting disturbs nobody, so it needs no lock.
    if (!dryRun) lock = await acquireLock(locks);
    lock?.lost.addEventListener("abort", () => stop.end("locked"), { once: true });
    const totals = await purgeAndShow(
      deps,
      pools,
      { dryRun, maxOpsPerSec, signal: stop.signal },
      consents ? "expired consent" : "expired code",
      purged,
    );
    if (stop.exit() === "locked") throw lockLost();
    // A mistyped prefix in a crontab would purge nothing for ever.
    if (totals.complete && totals.poolsScanned === 0)
      throw consents ? noConsents(consents.pools) : await noPool(deps);
    return stop.exit();
  } finally {
    stop.undo();
    await lock?.release();
  }
}

/** The platform lets a consent wait for ever. */
async function sayNothingExpires(deps: Deps, dryRun: boolean, purged: Purged): Promise<ExitName> {
  const { out } = deps;
  purged.complete = true;
  if (out.format !== "human") await show(deps, { ...purged, passedOver: 0, dryRun }, "");
  out.talk("nothing to purge: consents don't expire unless --consent-max-age is set");
  return "done";
}

/** Shows what was done also when it rejects in the middle. */
async function purgeAndShow(
  deps: Deps,
  pools: PurgeStore & Pick<PoolStore, "keyOf" | "passedOver">,
  options: Pick<PurgeOptions, "dryRun" | "maxOpsPerSec" | "signal">,
  thing: string,
  purged: Purged,
): Promise<PurgeTotals> {
  const { clock, out } = deps;
  const startedMs = clock.monotonic();
  const progress = out.progress();
  const meter = new RateMeter(clock);
  const totals: PurgeTotals = purged;
  try {
    const onStep = () => progress.update(() => describeStep(totals, meter, thing));
    await purgePools(pools, totals, { ...options, clock, onStep });
    return totals;
  } finally {
    progress.done();
    purged.durationMs = Math.round(clock.monotonic() - startedMs);
    const passedOver = pools.passedOver.keys;
    await show(deps, { ...purged, passedOver, dryRun: options.dryRun }, thing);
    for (const warning of describePassed(pools.passedOver, pools.keyOf("*"))) out.warn(`warning: ${warning}`);
  }
}

function parseMaxDuration(text: string): number {
  const ms = parseDuration(text, "--max-duration");
  if (ms > 0) return Math.min(ms, LONGEST_TIMER_MS);
  throw usageError(`--max-duration: "${text}" leaves no time`, "such as 90s, 10m or 1h");
}

async function acquireLock(locks: LockStore): Promise<HeldLock> {
  const lock = await locks.acquire("purge", LOCK_TTL_MS);
  if (lock) return lock;
  throw new PushCliError("locked", "another purge is running", {
    hint: "if its process has died, its lock expires within 30 s",
  });
}

function lockLost(): PushCliError {
  return new PushCliError(
    "locked",
    "the lock expired while Redis did not respond; another purge may have started",
    {
      hint: "run it again: it continues with the remaining pools",
    },
  );
}

/** What can end a purge early: a signal, its time, the loss of its lock (told by `end`). */
function stopSwitch(deps: Deps, maxMs: number | undefined) {
  const stop = new AbortController();
  let exit: ExitName = "done";
  const end = (name: ExitName) => {
    if (!stop.signal.aborted) exit = name;
    stop.abort();
  };
  const undoSignals = deps.onInterrupt((signal) => {
    deps.out.talk("stopping: waiting for steps in progress (press Ctrl-C again to exit now)");
    end(signal);
  });
  const timer = maxMs === undefined ? undefined : setTimeout(() => end("done"), maxMs);
  return {
    signal: stop.signal,
    end,
    exit: () => exit,
    undo: () => {
      clearTimeout(timer);
      undoSignals();
    },
  };
}

interface PurgeDocument extends PurgeTotals {
  /** Keys under the pools' prefix that are no pools. */
  passedOver: number;
  durationMs: number;
  dryRun: boolean;
}

async function show({ out, note }: Deps, document: PurgeDocument, thing: string): Promise<void> {
  const { poolsScanned, poolsChanged, poolsRemoved, expiredRemoved } = document;
  note({ counts: { poolsScanned, poolsChanged, poolsRemoved, expiredRemoved } });
  // A cron job is to be silent: what it did is talk, not data.
  if (out.quiet && out.format !== "json") return;
  if (out.format !== "human") return out.document(document);
  for (const line of describe(document, thing)) out.data(line);
}

function describeStep(
  { poolsScanned, expiredRemoved }: PurgeTotals,
  meter: RateMeter,
  thing: string,
): string {
  const pools = formatCounted(poolsScanned, "pool");
  return [pools, formatRate(meter.measure(poolsScanned)), formatCounted(expiredRemoved, thing)].join("  ");
}

function describe(document: PurgeDocument, thing: string): string[] {
  const { poolsScanned, poolsChanged, poolsRemoved, expiredRemoved, unreadableKept, dryRun } = document;
  const codes = formatCounted(expiredRemoved, thing);
  const pools = `${formatCount(poolsChanged)} of ${formatCounted(poolsScanned, "pool")}`;
  const verb = dryRun ? "would remove" : "removed";
  const lines = [`${verb} ${codes} from ${pools} in ${formatDuration(document.durationMs)}`];
  if (poolsRemoved > 0) {
    const gone = dryRun ? "would be empty and removed" : "empty and removed";
    lines.push(`${formatCounted(poolsRemoved, "pool")} ${gone}`);
  }
  if (unreadableKept > 0)
    lines.push(`${formatCounted(unreadableKept, "unreadable entry", "unreadable entries")} kept`);
  if (!document.complete) lines.push("stopped early: some pools were not checked");
  return lines;
}
