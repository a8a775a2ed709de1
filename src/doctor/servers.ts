import { doubtMemory } from "../broadcast/eviction.ts";
import { type CheckState, type Finding, failed, passed, skipped, warning } from "./check.ts";
import type { Outcome } from "./outcome.ts";
import type { ServerFacts } from "./ports.ts";

/** The names of the checks below, in their order. */
export const SERVER_CHECKS = ["version", "replication", "memory", "eviction", "persistence"] as const;

/** Older ones have no scripts that read the clock and write. */
const OLDEST = 5;
const NEARLY_FULL = 0.8;
/** Replicas tell the master once a second that they are there. */
const LAG_SEC = 10;
const HOUR_MS = 3_600_000;

/** What all servers that hold keys say of themselves. */
export function judgeServers(servers: Outcome<ServerFacts[] | undefined>): Finding[] {
  const { ms } = servers;
  if ("problem" in servers) {
    return SERVER_CHECKS.map((name) => failed(name, servers.problem, { remedy: servers.hint, ms }));
  }
  const facts = servers.value;
  if (!facts) {
    const remedy = "ACL SETUSER <user> +info; a proxy may not offer INFO";
    return SERVER_CHECKS.map((name) => skipped(name, "not available: Redis refuses INFO", { remedy, ms }));
  }
  return [
    worst("version", facts, judgeVersion),
    worst("replication", facts, judgeReplication),
    worst("memory", facts, judgeFilling),
    judgeEviction(facts),
    worst("persistence", facts, judgePersistence),
  ].map((finding) => ({ ...finding, ms }));
}

type Judge = (server: ServerFacts) => Omit<Finding, "name">;

const RANK: CheckState[] = ["passed", "skipped", "warning", "failed"];

/** Of several servers, the one that is worst off; it is named. */
function worst(name: string, servers: readonly ServerFacts[], judge: Judge): Finding {
  const judged = servers.map((server) => ({ server, ...judge(server) }));
  const rank = ({ state }: { state: CheckState }) => RANK.indexOf(state);
  const [first, ...others] = judged.sort((a, b) => rank(b) - rank(a));
  if (!first) return skipped(name, "no server");
  const { server, ...finding } = first;
  if (others.length === 0) return { name, ...finding };
  const alike = judged.every(({ found }) => found === finding.found);
  const which = alike ? `all ${judged.length} servers` : `${server.address} of ${judged.length} servers`;
  return { name, ...finding, found: `${which}: ${finding.found}` };
}

const of = ({ name: _, ...finding }: Finding) => finding;

function judgeVersion({ product, majorVersion }: ServerFacts): Omit<Finding, "name"> {
  if (majorVersion === undefined || majorVersion >= OLDEST) return of(passed("", product));
  return of(failed("", `${product} is too old`, { remedy: "push-cli needs Redis or Valkey 5.0 or newer" }));
}

function judgeReplication({ masterAddress, replicas }: ServerFacts): Omit<Finding, "name"> {
  if (masterAddress !== undefined) {
    const remedy = `point PUSH_CLI_REDIS_URL at the master, ${masterAddress}`;
    return of(failed("", `a read-only replica of ${masterAddress}`, { remedy }));
  }
  const behind = replicas.find(({ state, lagSec }) => state !== "online" || lagSec > LAG_SEC);
  if (behind) {
    const { address, state, lagSec } = behind;
    const how = state === "online" ? `has been silent for ${lagSec} s` : `is in the state ${state}`;
    const found = `the replica ${address} ${how}: a failover to it would lose the newest ledger entries`;
    return of(warning("", found, { remedy: "check INFO replication on both servers" }));
  }
  const online = replicas.length === 1 ? "1 replica" : `${replicas.length} replicas`;
  return of(passed("", replicas.length === 0 ? "a master without replicas" : `a master, ${online} online`));
}

function judgeFilling({ usedBytes, maxBytes }: ServerFacts): Omit<Finding, "name"> {
  const used = inMiB(usedBytes);
  if (maxBytes === 0) return of(passed("", `${used} used, no maxmemory`));
  const found = `${used} of ${inMiB(maxBytes)} used (${Math.floor((usedBytes / maxBytes) * 100)}%)`;
  const remedy = "raise maxmemory, or free memory: push-cli purge removes expired codes";
  if (usedBytes >= maxBytes) return of(failed("", `${found}: Redis is full`, { remedy }));
  return usedBytes < NEARLY_FULL * maxBytes ? of(passed("", found)) : of(warning("", found, { remedy }));
}

function judgeEviction(servers: readonly ServerFacts[]): Finding {
  const doubt = doubtMemory(servers);
  const evicted = servers.reduce((sum, { evictedKeys }) => sum + evictedKeys, 0);
  const history = evicted > 0 ? `; ${evicted} keys evicted since it started (evicted_keys)` : "";
  if (doubt === undefined) {
    const policies = [...new Set(servers.map(({ policy }) => policy))].join(", ");
    return passed("eviction", `keys are never evicted (maxmemory-policy ${policies})${history}`);
  }
  return failed("eviction", `${doubt}${history}`, {
    remedy: "CONFIG SET maxmemory-policy noeviction, or use a dedicated Redis for push-cli",
  });
}

const LOSS = "pools and ledgers would be lost, including who got which message";

function judgePersistence(server: ServerFacts): Omit<Finding, "name"> {
  const { hasAof, savePoints, hasWriteFailed, unsavedMs = 0 } = server;
  const remedy = "CONFIG SET appendonly yes, then CONFIG REWRITE to make it permanent";
  if (hasWriteFailed) {
    const found = "Redis can't write to its disk, and may refuse writes (MISCONF)";
    return of(failed("", found, { remedy: "check the Redis log and free disk space" }));
  }
  if (hasAof) return of(passed("", "append-only file"));
  if (savePoints === "") return of(warning("", `none: in a crash, ${LOSS}`, { remedy }));
  const rule = savePoints === undefined ? "" : ` (save ${savePoints})`;
  const since = unsavedMs > HOUR_MS ? `, last saved ${Math.floor(unsavedMs / HOUR_MS)} h ago` : "";
  const found = `snapshots only${rule}${since}: in a crash, writes since the last snapshot would be lost, including ledgers`;
  return of(warning("", found, { remedy }));
}

function inMiB(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(bytes < 10 * 1024 * 1024 ? 1 : 0)} MiB`;
}
