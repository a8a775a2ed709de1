import type { Cluster, Redis } from "ioredis";
import { explainRedisError } from "./errors.ts";
import type { RedisLink } from "./link.ts";
import { type ClientOptions, CONNECTION, type NodeOptions } from "./node.ts";
import { retryRefused } from "./retry-refused.ts";
import { runScript, type Script, sendScript } from "./scripts.ts";
import { toMs } from "./single.ts";
import { asItIs, type SlotCall, splitBySlot } from "./slots.ts";
import { openClusterSweep } from "./sweep-cluster.ts";
import type { Host } from "./target.ts";
import { traceCommands } from "./trace.ts";

export interface ClusterOptions
  extends Pick<NodeOptions, "circumstances" | "connectMs" | "reconnectMs" | "replyMs" | "patience" | "log"> {
  /** Servers from which to learn the others. */
  hosts: Host[];
  /** User, password and TLS, the same for all servers. */
  node: ClientOptions;
}

/**
 * How often a command follows MOVED and ASK, or is sent again after TRYAGAIN, CLUSTERDOWN or a lost connection. With one
 * to three of these per pause, it gives up after 15 to 45 s; errors that deserve more patience are handled separately.
 */
const REDIRECTIONS = 300;
/** For callers that need a quick answer: anything beyond MOVED or a lost connection fails at once. */
const FEW_REDIRECTIONS = 5;
const RETRY_MS = 150;
/** Two servers may redirect clients to each other for a moment while a slot changes hands. */
const MOVED_MS = 10;
/** A server that sends nothing for this long while it owes a reply is considered dead. */
const SILENCE_MS = 10_000;
const REFRESH_TIMEOUT_MS = 2000;

/**
 * Connects to a cluster. Commands on one key are routed to its server, and wait while a failover or a migration is in
 * progress.
 */
export async function connectCluster(options: ClusterOptions): Promise<RedisLink> {
  const cluster = await createClient(options);
  const circumstances = { ...options.circumstances, recovers: true };
  const explain = (error: unknown) =>
    explainRedisError((error as { lastNodeError?: unknown }).lastNodeError ?? error, circumstances);
  const call = async <T>(command: Promise<T>): Promise<T> => {
    try {
      return await command;
    } catch (error) {
      throw explain(error);
    }
  };
  retryRefused(cluster, options.patience, (error) => explain(error).message);
  try {
    await call(cluster.connect());
    await call(cluster.ping());
  } catch (error) {
    cluster.disconnect();
    throw error;
  }
  const sender = new BatchSender(cluster);
  const servers = watchMasters(cluster);
  return {
    client: cluster,
    call,
    run: (script, keys, args) => call(runScript(cluster, script, keys, args)),
    runBatch: (script, users, plan, unpack = asItIs) =>
      call(splitBySlot(users, plan, (calls) => sender.send(script, calls), unpack)),
    openSweep: () => openClusterSweep(cluster, options),
    infoClients: () => cluster.nodes("master"),
    get connections() {
      return servers.changes;
    },
    now: async () => toMs(await call(cluster.time())),
    close: () => cluster.disconnect(),
  };
}

async function createClient({
  hosts,
  node,
  connectMs,
  reconnectMs,
  replyMs,
  log,
}: ClusterOptions): Promise<Cluster> {
  const { Cluster } = await import("ioredis");
  // The client uses this array after it has lost all servers.
  const startupNodes = [...hosts];
  let lostAt = 0;
  let ready = false;
  const cluster = new Cluster(startupNodes, {
    lazyConnect: true,
    // An unhealthy cluster answers CLUSTERDOWN, which is retried.
    enableReadyCheck: false,
    maxRedirections: replyMs === undefined ? REDIRECTIONS : FEW_REDIRECTIONS,
    enableOfflineQueue: replyMs === undefined,
    retryDelayOnMoved: MOVED_MS,
    retryDelayOnFailover: RETRY_MS,
    retryDelayOnClusterDown: RETRY_MS,
    retryDelayOnTryAgain: RETRY_MS,
    slotsRefreshTimeout: REFRESH_TIMEOUT_MS,
    // Host names stay unresolved: certificates are issued for names.
    dnsLookup: (address, callback) => callback(null, address),
    clusterRetryStrategy: (times) => {
      if (!ready) return null;
      if (times === 1) lostAt = performance.now();
      return performance.now() - lostAt > reconnectMs ? null : Math.min(RETRY_MS * times, 1000);
    },
    redisOptions: {
      ...CONNECTION,
      ...(connectMs !== undefined && { connectTimeout: connectMs }),
      ...node,
      socketTimeout: replyMs ?? SILENCE_MS,
      maxRetriesPerRequest: null,
    },
  });
  // Errors are reported to the callers of commands.
  cluster.on("error", () => undefined);
  cluster.on("ready", () => {
    ready = true;
  });
  cluster.on("+node", forgiveAsking);
  cluster.on("+node", (server: Redis) => traceCommands(server, log));
  cluster.on("refresh", () => {
    const known = cluster.nodes().map(({ options }) => ({ host: options.host!, port: options.port! }));
    startupNodes.splice(hosts.length, startupNodes.length, ...known);
  });
  return cluster;
}

/** Counts how often a connection was lost, or slots have got other masters. */
function watchMasters(cluster: Cluster): { changes: number } {
  const seen = { changes: 0 };
  const mastersOf = () =>
    cluster.slots.map(([master]) => master).filter((one, slot, all) => one !== all[slot - 1]);
  let before = mastersOf().join(" ");
  cluster.on("-node", () => {
    seen.changes++;
  });
  cluster.on("refresh", () => {
    const now = mastersOf().join(" ");
    if (now !== before) seen.changes++;
    before = now;
  });
  return seen;
}

/**
 * The client does not await the reply to the ASKING that it sends before a command: a failure would end the process as an
 * unhandled rejection. The command after it fails too, and is sent again.
 */
function forgiveAsking(node: Redis): void {
  const asking = node.asking.bind(node);
  node.asking = ((...args: Parameters<Redis["asking"]>) => {
    const answer = asking(...args);
    answer.catch(() => undefined);
    return answer;
  }) as Redis["asking"];
}

/** Sends a script's calls in one write per server. */
class BatchSender {
  private readonly cluster: Cluster;
  /** The scripts that each connection has already sent to its server. */
  private readonly brought = new WeakMap<Redis, Set<string>>();

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  async send(script: Script, calls: SlotCall[]): Promise<unknown[]> {
    const replies: unknown[] = new Array(calls.length);
    const byServer = new Map<Redis | undefined, number[]>();
    for (const [i, { slot }] of calls.entries()) {
      const server = this.serverOf(slot);
      const indices = byServer.get(server);
      if (indices) indices.push(i);
      else byServer.set(server, [i]);
    }
    await Promise.all(
      [...byServer].map(async ([server, indices]) => {
        const own = indices.map((i) => calls[i]!);
        const results = server ? await this.sendTo(server, script, own) : [];
        await Promise.all(
          indices.map(async (i, n) => {
            const [error, reply] = results[n] ?? [new Error("not sent")];
            // Moved, dead, or without the script: the client follows redirections, one call at a time.
            replies[i] = error ? await this.follow(script, calls[i]!) : reply;
          }),
        );
      }),
    );
    return replies;
  }

  /** The server of a slot, as far as known. */
  private serverOf(slot: number): Redis | undefined {
    const key = this.cluster.slots[slot]?.[0];
    return this.cluster.nodes("master").find(({ options }) => `${options.host}:${options.port}` === key);
  }

  private async sendTo(server: Redis, script: Script, calls: SlotCall[]) {
    const brought = this.brought.get(server) ?? new Set();
    this.brought.set(server, brought);
    const pipeline = server.pipeline();
    for (const { keys, args } of calls) {
      // Commands run in order, so the first call loads the script for all that follow.
      void sendScript(pipeline, script, brought.has(script.sha1) ? "evalsha" : "eval", keys, args);
      brought.add(script.sha1);
    }
    return (await pipeline.exec()) ?? [];
  }

  private follow(script: Script, { keys, args }: SlotCall): Promise<unknown> {
    return runScript(this.cluster, script, keys, args);
  }
}
