import type { LookAtMemory, ServerMemory } from "../broadcast/memory.ts";
import { fieldsOfInfo, type InfoField } from "./info.ts";
import type { RedisLink } from "./link.ts";

/** Asks all servers by INFO, which costs each of them about 0.1 ms. */
export function createMemoryGauge(link: RedisLink): LookAtMemory {
  return async () => {
    const infoClients = link.infoClients();
    if (!infoClients) return undefined;
    const servers = await Promise.all(
      infoClients.map(async (server) => {
        const info = await askInfo(link, server.info());
        return info === undefined ? undefined : readMemory(fieldsOfInfo(info));
      }),
    );
    return servers.every((server) => server !== undefined) ? servers : undefined;
  };
}

/** Sends INFO; undefined when it is refused. */
export async function askInfo(
  link: Pick<RedisLink, "call">,
  asked: Promise<string>,
): Promise<string | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isRefused(error)) return undefined;
    return link.call(Promise.reject(error));
  }
}

/** Undefined if a proxy answers, which does not tell. */
export function readMemory(field: InfoField): ServerMemory | undefined {
  const policy = field("maxmemory_policy");
  if (policy === "" || !/^\d+$/.test(field("maxmemory"))) return undefined;
  return {
    serverId: field("run_id"),
    policy,
    maxBytes: Number(field("maxmemory")),
    evictedKeys: Number(field("evicted_keys")),
    unsavedMs: readUnsaved(field),
  };
}

/** By the server's own clock, which Redis reports since 6.2. */
function readUnsaved(field: InfoField): number | undefined {
  const nowMicros = field("server_time_usec");
  const hasUnsaved = field("aof_enabled") === "0" && Number(field("rdb_changes_since_last_save")) > 0;
  if (!hasUnsaved || nowMicros === "" || field("rdb_last_save_time") === "") return undefined;
  return Math.max(0, Number(nowMicros) / 1000 - Number(field("rdb_last_save_time")) * 1000);
}

/** A permanent refusal: no right to INFO, or no such command. */
function isRefused(error: unknown): boolean {
  return (
    error instanceof Error && error.name === "ReplyError" && !/^(LOADING|BUSY|MASTERDOWN)/.test(error.message)
  );
}
