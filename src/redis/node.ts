import type { Redis, RedisOptions } from "ioredis";
import { PushCliError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { type Circumstances, explainRedisError } from "./errors.ts";
import { giveUpAtHangUps } from "./hang-ups.ts";
import type { SweepNode } from "./link.ts";
import { type Patience, type RefusalRetries, retryRefused } from "./retry-refused.ts";
import { traceCommands } from "./trace.ts";

/** One connection to one server; when lost, it is re-established for a limited time. */
export interface NodeLink extends SweepNode {
  /** What INFO said at the start; undefined for users without the right to it. */
  readonly info: ServerInfo | undefined;
  explain(error: unknown): PushCliError;
  close(): void;
}

export interface ServerInfo {
  isCluster: boolean;
  /** redis_version; empty if a proxy answers for itself. */
  version: string;
  /** host:port of the master, if this is a replica. */
  master: string | undefined;
}

/** The shape of replies must not be changed by options. */
export type ClientOptions = Omit<RedisOptions, "replyMapping">;

export interface NodeOptions {
  /** Creates the client, with these options on top of its own. */
  make(options: ClientOptions): Redis;
  circumstances: Circumstances;
  /** Maximum time for connecting; ms. Defaults to 5 s. */
  connectMs?: number | undefined;
  /** How long a lost connection may take to come back before commands fail; ms. */
  reconnectMs: number;
  /**
   * For servers with clients of their own: commands fail at once while there is no connection, and all pending ones when
   * no reply comes within this time, ms. Absent: they wait, and are sent again.
   */
  replyMs?: number | undefined;
  /** Additional time for steps before the connection, such as asking Sentinels; ms. */
  helloExtraMs?: number;
  /** Absent: commands that Redis refuses temporarily fail at once. */
  patience?: Patience | undefined;
  /** Accept a version that is too old for the scripts: it is only read from. */
  anyVersion?: boolean | undefined;
  log?: Logger | undefined;
}

const CONNECT_TIMEOUT_MS = 5000;
/** For the first reply, on top of connecting: ioredis itself waits forever on a port that accepts and sends nothing. */
const HELLO_MS = 1000;
/** Shorter, because a peer that closed the connection on the greeting does so on other commands. */
const BARE_HANG_UPS_MS = 2000;

/** Options common to all connections. */
export const CONNECTION: ClientOptions = {
  lazyConnect: true,
  connectTimeout: CONNECT_TIMEOUT_MS,
  connectionName: "push-cli",
  // It would complain on the console for users without the right to INFO; turned on for those who have it.
  enableReadyCheck: false,
  // HELLO, which starts RESP3, needs a right of its own in Redis 6.2, and some proxies don't support it.
  protocol: 2,
  // Two more commands that a restricted user would be refused; they only serve CLIENT LIST.
  disableClientInfo: true,
};

/**
 * Connects and says hello. Fails at once when there is no Redis or it refuses; a connection lost later is re-established
 * for a limited time, and commands without a reply are sent again: every script of ours is safe to send twice.
 */
export async function connectNode(given: NodeOptions): Promise<NodeLink> {
  const options = { ...given, make: (own: ClientOptions) => traceCommands(given.make(own), given.log) };
  try {
    return await openNode(options, false);
  } catch (error) {
    if (!(error instanceof HungUpError)) throw error;
    // twemproxy closes the connection on commands that it doesn't support, such as CLIENT and INFO.
    return openNode(options, true);
  }
}

/** The other side accepted the connection, and closed it without an answer that says why. */
class HungUpError extends PushCliError {}

/** `isBare`: sends only the commands without which the keys can't be accessed. */
async function openNode(options: NodeOptions, isBare: boolean): Promise<NodeLink> {
  const { make, circumstances, reconnectMs, replyMs, patience } = options;
  const { connectMs = CONNECT_TIMEOUT_MS, helloExtraMs = 0 } = options;
  let ready = false;
  let lostAt = 0;
  let failure: unknown;
  let refusal: unknown;
  let connections = 0;
  const retry = (times: number) => {
    if (!ready) return null;
    if (times === 1) lostAt = performance.now();
    return performance.now() - lostAt > reconnectMs ? null : Math.min(50 * times, 1000);
  };
  const client = make({
    ...CONNECTION,
    connectTimeout: connectMs,
    ...(isBare ? { connectionName: undefined as never } : {}),
    maxRetriesPerRequest: null,
    ...(replyMs === undefined ? {} : failFast(replyMs)),
    retryStrategy: retry,
    sentinelRetryStrategy: (times) => retry(times + 1),
  });
  client.on("error", (error) => {
    // A reply before the connection was closed is more informative than the closing.
    if (!isReply(failure)) failure = error;
    // ioredis would continue in database 0, which is the wrong one.
    if (!isRefusedSelect(error)) return;
    refusal = error;
    client.disconnect();
  });
  client.on("ready", () => {
    failure = undefined;
    connections++;
  });
  let info: ServerInfo | undefined;
  const explain = (error: unknown) =>
    explainRedisError(pickCause(error, refusal ?? failure), { ...circumstances, master: info?.master });
  const call = async <T>(command: Promise<T>): Promise<T> => {
    try {
      return await command;
    } catch (error) {
      throw explain(error);
    }
  };
  try {
    const held = retryRefused(client, patience, (error) => explain(error).message);
    // Outermost, so that commands sent again because of Redis' reply are not counted.
    giveUpAtHangUps(client, circumstances.where, isBare ? BARE_HANG_UPS_MS : reconnectMs);
    info = await sayHello(client, { withinMs: connectMs + HELLO_MS + helloExtraMs, held, isBare });
    if (info && !options.anyVersion) checkVersion(info, circumstances.where);
  } catch (error) {
    client.disconnect();
    const explained = explain(error);
    if (isBare || !isHangUp(pickCause(error, refusal ?? failure))) throw explained;
    throw new HungUpError(explained.kind, explained.message, explained);
  }
  ready = true;
  return {
    client,
    call,
    explain,
    info,
    get connections() {
      return connections;
    },
    serverId: async () => {
      if (info === undefined) return undefined;
      return /^run_id:(\w+)/m.exec(await call(client.info("server")))?.[1];
    },
    close: () => client.disconnect(),
  };
}

/** Rejects with ETIMEDOUT when no Redis answers in time. */
async function sayHello(
  client: Redis,
  { withinMs, held, isBare }: { withinMs: number; held: RefusalRetries; isBare: boolean },
): Promise<ServerInfo | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const check = () => {
      if (held.waiting) timer = setTimeout(check, withinMs);
      else reject(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" }));
    };
    timer = setTimeout(check, withinMs);
  });
  try {
    await Promise.race([client.connect().then(() => client.ping()), late]);
    if (isBare) return undefined;
    const info = await client.info().catch((error: Error) => {
      if (isHangUp(error)) throw error;
      return undefined;
    });
    // After a restart, Redis refuses commands until it has loaded its data: this has to be waited for.
    client.options.enableReadyCheck = info !== undefined;
    return info === undefined ? undefined : readInfo(info);
  } finally {
    clearTimeout(timer);
  }
}

function readInfo(info: string): ServerInfo {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1];
  const host = field("master_host");
  return {
    isCluster: field("cluster_enabled") === "1",
    version: field("redis_version") ?? "",
    master: field("role") === "slave" && host ? `${host}:${field("master_port")}` : undefined,
  };
}

/** Scripts before 5.0 can't read the clock and then write. */
const OLDEST = 5;

function checkVersion({ version }: ServerInfo, where: string): void {
  const major = /^(\d+)\./.exec(version)?.[1];
  if (major === undefined || Number(major) >= OLDEST) return;
  throw new PushCliError("redis", `the Redis at ${where} is version ${version}, which is too old`, {
    hint: "push-cli needs Redis or Valkey 5.0 or newer; pool import --from-redis-url reads from older ones",
  });
}

function failFast(replyMs: number): ClientOptions {
  return { maxRetriesPerRequest: 0, enableOfflineQueue: false, socketTimeout: replyMs };
}

function isReply(error: unknown): boolean {
  return error instanceof Error && (error.name === "ReplyError" || /Last error: /.test(error.message));
}

function isHangUp(error: unknown): boolean {
  const { message = "", code } = error as NodeJS.ErrnoException;
  return /^Connection is closed|^Command aborted/.test(message) || code === "ECONNRESET" || code === "EPIPE";
}

function isRefusedSelect(error: Error & { command?: { name: string } }): boolean {
  return error.command?.name === "select";
}

const VAGUE = /Connection is closed|Stream isn't writeable|max retries per request/;

/** ioredis reports "Connection is closed." to callers and the reason to its error event. */
function pickCause(error: unknown, failure: unknown): unknown {
  const vague = error instanceof Error && VAGUE.test(error.message);
  return vague && failure ? failure : error;
}
