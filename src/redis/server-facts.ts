import type { Redis } from "ioredis";
import type { ServerFacts } from "../doctor/ports.ts";
import { fieldsOfInfo, type InfoField } from "./info.ts";
import type { RedisLink } from "./link.ts";
import { askInfo, readMemory } from "./memory.ts";

/**
 * What all servers that hold keys report about themselves; undefined if one doesn't, or if a proxy answers for
 * them.
 */
export async function askServers(link: RedisLink): Promise<ServerFacts[] | undefined> {
  const infoClients = link.infoClients();
  if (!infoClients) return undefined;
  const servers = await Promise.all(infoClients.map((server) => askServer(link, server)));
  return servers.every((server) => server !== undefined) ? servers : undefined;
}

async function askServer(link: RedisLink, server: Redis): Promise<ServerFacts | undefined> {
  const info = await askInfo(link, server.info());
  const field = info === undefined ? undefined : fieldsOfInfo(info);
  const memory = field && readMemory(field);
  if (!field || !memory) return undefined;
  return {
    ...memory,
    ...readProduct(field),
    address: addressOf(server),
    masterAddress: field("role") === "slave" ? `${field("master_host")}:${field("master_port")}` : undefined,
    replicas: readReplicas(info ?? ""),
    usedBytes: Number(field("used_memory")),
    hasAof: field("aof_enabled") === "1",
    savePoints: await askSavePoints(server),
    hasWriteFailed: field("rdb_last_bgsave_status") === "err" || field("aof_last_write_status") === "err",
  };
}

/** Valkey reports its own version in addition to that of the compatible Redis. */
function readProduct(field: InfoField): Pick<ServerFacts, "product" | "majorVersion"> {
  const version = field("redis_version");
  const major = /^(\d+)\./.exec(version)?.[1];
  const valkey = field("valkey_version");
  return {
    product: valkey === "" ? `Redis ${version || "of an unknown version"}` : `Valkey ${valkey}`,
    majorVersion: major === undefined ? undefined : Number(major),
  };
}

function addressOf({ options }: Redis): string {
  return options.path ?? `${options.host ?? "127.0.0.1"}:${options.port ?? 6379}`;
}

const REPLICA = /^slave\d+:ip=([^,]*),port=(\d+),state=(\w+),.*?lag=(\d+)/gm;

function readReplicas(info: string): ServerFacts["replicas"] {
  return [...info.matchAll(REPLICA)].map(([, ip, port, state = "", lag]) => ({
    address: `${ip}:${port}`,
    state,
    lagSec: Number(lag),
  }));
}

/** CONFIG is a right that push-cli does not otherwise need, and managed services reserve it. */
async function askSavePoints(server: Redis): Promise<string | undefined> {
  const [asked] = await Promise.allSettled([server.config("GET", "save")]);
  const reply = asked.status === "fulfilled" ? (asked.value as unknown) : undefined;
  return Array.isArray(reply) && typeof reply[1] === "string" ? reply[1] : undefined;
}
