import type { Clock } from "../clock.ts";
import { PushCliError } from "../errors.ts";
import type { EvictedKeys, LookAtMemory, ServerMemory } from "./memory.ts";
import type { BroadcastStore } from "./record.ts";
import type { Run } from "./run.ts";
import type { StopReason } from "./stop.ts";

const INTERVAL_MS = 2000;

const DANGER = "ledgers could be lost, and with them the record of who received the message";

/** Why a broadcast on these servers is risky: one of them evicts keys when it is full. */
export function doubtMemory(servers: readonly ServerMemory[]): string | undefined {
  const one = servers.find(({ policy, maxBytes }) => policy !== "noeviction" && maxBytes > 0);
  if (!one) return undefined;
  return `Redis drops keys when it is full (maxmemory-policy ${one.policy}, maxmemory ${one.maxBytes}): ${DANGER}`;
}

/** An hour: with its default settings, Redis saves any write sooner than that. */
const UNSAVED_MS = 3_600_000;

/** The same for a server that does not save to disk; only a warning, not a reason to refuse. */
export function doubtSaving(servers: readonly ServerMemory[]): string | undefined {
  const unsavedMs = Math.max(0, ...servers.map((server) => server.unsavedMs ?? 0));
  if (unsavedMs < UNSAVED_MS) return undefined;
  const hours = Math.floor(unsavedMs / UNSAVED_MS);
  return `Redis has saved nothing to disk for ${hours} h (no append-only file): if it crashed, ${DANGER}`;
}

/** For a broadcast without a confirmation prompt: `confirm`, because --yes alone is not enough. */
export function memoryRefused(doubt: string): PushCliError {
  return new PushCliError("confirm", doubt, {
    hint: "set maxmemory-policy to noeviction (CONFIG SET), or use a dedicated Redis; --yes --allow-eviction sends anyway",
  });
}

export function countsOf(servers: readonly ServerMemory[]): EvictedKeys {
  return Object.fromEntries(servers.map(({ serverId, evictedKeys }) => [serverId, evictedKeys]));
}

/**
 * How many keys were dropped since. A new server process, or one whose statistics were reset, counts from zero: an
 * unnecessary stop is better than a user messaged twice.
 */
export function countEvicted(before: EvictedKeys, now: readonly ServerMemory[]): number {
  return now.reduce((sum, { serverId, evictedKeys }) => {
    const known = before[serverId] ?? 0;
    return sum + (evictedKeys < known ? evictedKeys : evictedKeys - known);
  }, 0);
}

/** Refuses to continue a broadcast when some of its ledgers may be gone. */
export function checkEvicted(
  { id, evicted }: { id: string; evicted?: EvictedKeys | undefined },
  now: readonly ServerMemory[] | undefined,
): void {
  const count = evicted && now ? countEvicted(evicted, now) : 0;
  if (count === 0) return;
  throw new PushCliError("confirm", `${describe(count)} since broadcast '${id}' began: ${GONE}`, {
    hint: `--allow-eviction continues anyway: users whose ledger is gone get the message again; ${REMEDY}`,
  });
}

const GONE = "they may include ledgers, which record who received the message";
const REMEDY = "maxmemory-policy noeviction keeps the rest";

function describe(count: number): string {
  return count === 1
    ? "Redis has dropped a key (evicted_keys)"
    : `Redis has dropped ${count} keys (evicted_keys)`;
}

export interface EvictionWatch {
  /** Checks once more and stops watching. */
  end(): Promise<void>;
}

/**
 * Checks regularly, and once at the end, whether keys have been evicted since `before`, and if so stops the run. Does
 * nothing without `before`, where Redis doesn't report it, or when the operator allowed it.
 */
export function watchEviction(
  { clock, lookAtMemory }: { clock: Clock; lookAtMemory: LookAtMemory },
  before: EvictedKeys | undefined,
  run: Pick<Run, "stop" | "stopReason">,
): EvictionWatch {
  if (!before) return { end: async () => undefined };
  const ended = new AbortController();
  const look = async () => {
    // A failed check is ignored: commands that need Redis report that it is unreachable or refuses.
    const [seen] = await Promise.allSettled([lookAtMemory()]);
    const count = seen.status === "fulfilled" && seen.value ? countEvicted(before, seen.value) : 0;
    if (count > 0) run.stop(evicted(count));
  };
  const watching = (async () => {
    while (!ended.signal.aborted) {
      await clock.sleep(INTERVAL_MS, ended.signal);
      if (!ended.signal.aborted) await look();
    }
  })();
  return {
    end: async () => {
      ended.abort();
      await watching;
      if (!run.stopReason) await look();
    },
  };
}

function evicted(count: number): StopReason {
  return {
    status: "stopped",
    exit: "stopped",
    message: `${describe(count)} since the broadcast began: ${GONE}`,
    hint: `${REMEDY}; users whose ledger is gone get the message again`,
    resumeWith: "--allow-eviction",
  };
}

interface Keepers {
  store: Pick<BroadcastStore, "load">;
  lookAtMemory: LookAtMemory;
}

/**
 * When the broadcast's record is gone and keys have been evicted, the eviction becomes the reason why the run stopped:
 * the broadcast can't be resumed, and lost ledgers are worse than a deleted record.
 */
export async function tellLostRecord(
  { store, lookAtMemory }: Keepers,
  { id, evicted: before = {} }: { id: string; evicted?: EvictedKeys | undefined },
  run: Pick<Run, "stopReason">,
): Promise<void> {
  if (!run.stopReason?.isRecordGone && !run.stopReason?.resumeWith) return;
  // Without an answer, the run keeps its present reason.
  const [record, servers] = await Promise.allSettled([store.load(id), lookAtMemory()]);
  if (record.status === "rejected" || record.value || servers.status === "rejected") return;
  const count = servers.value ? countEvicted(before, servers.value) : 0;
  if (count === 0) return;
  run.stopReason = {
    status: "stopped",
    exit: "stopped",
    message: `${describe(count)} since the broadcast began, and its record is gone: ${GONE}`,
    hint: `${REMEDY}; ${startAgain(id)}`,
    isRecordGone: true,
  };
}

/** Ledgers are keyed by the id: a broadcast started again under the same id continues from what they still hold. */
function startAgain(id: string): string {
  return `it can't be resumed; started again with --id ${id}, it skips everybody whose ledger remains`;
}

/** For a broadcast that is not found: says whether its record may have been evicted. */
export async function doubtDropped(lookAtMemory: LookAtMemory, id: string): Promise<string | undefined> {
  const [servers] = await Promise.allSettled([lookAtMemory()]);
  const count = servers.status === "fulfilled" && servers.value ? countEvicted({}, servers.value) : 0;
  if (count === 0) return undefined;
  return `${describe(count)} since it started: if the record was among them, ${startAgain(id)}`;
}
