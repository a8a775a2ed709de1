import { checkEvicted, doubtMemory, doubtSaving, memoryRefused } from "../../broadcast/eviction.ts";
import type { BroadcastRecord } from "../../broadcast/record.ts";
import type { Fact } from "../../output/output.ts";
import type { Deps } from "../deps.ts";

interface DoubtFlags {
  yes?: boolean;
  dryRun?: boolean;
  allowEviction?: boolean;
}

/**
 * What speaks against the Redis that the ledgers are kept in, for the preview; where there is none, a warning says it.
 * Rejects with `confirm` when it may drop ledgers, or may have dropped some of a broadcast that is gone on with, and nobody
 * has allowed that.
 */
export async function doubtRedis(
  deps: Deps,
  { yes, dryRun, allowEviction }: DoubtFlags,
  record?: BroadcastRecord,
): Promise<Fact[]> {
  const { lookAtMemory } = await deps.stores();
  const servers = await lookAtMemory();
  if (!servers) {
    deps.out.talk("Redis does not report whether it evicts keys (INFO is not available): not monitored");
    return [];
  }
  if (record && !allowEviction) checkEvicted(record, servers);
  const doubt = doubtMemory(servers);
  if (doubt !== undefined && yes && !dryRun && !allowEviction) throw memoryRefused(doubt);
  const doubts = [doubt, doubtSaving(servers)].filter((text) => text !== undefined);
  if (yes || dryRun) for (const text of doubts) deps.out.warn(`warning: ${text}`);
  return doubts.map((text) => ["warning", text]);
}
