import type { Redis } from "ioredis";
import { PushCliError } from "../errors.ts";
import { explainRedisError } from "./errors.ts";
import type { RedisKey } from "./keys.ts";
import type { Script } from "./scripts.ts";
import { runScript } from "./scripts.ts";

/** A connection whose every failure comes out as a PushCliError of kind `redis`. */
export interface RedisLink {
  readonly client: Redis;
  /** Awaits a command; failures are explained with the server's address. */
  call<T>(command: Promise<T>): Promise<T>;
  run(script: Script, keys: RedisKey[], args: (string | number)[]): Promise<unknown>;
  /** How often a connection was made. */
  readonly connections: number;
  /** Names the server process; another one after a restart or failover. */
  serverId(): Promise<string>;
  /** Redis' own clock, epoch ms. */
  now(): Promise<number>;
  close(): void;
}

export interface ConnectOptions {
  url: string;
  /** The URL as it may be shown: without its password. */
  shownUrl: string;
  /** How long a lost connection may take to come back before commands fail; ms. */
  reconnectMs?: number | undefined;
}

const CONNECT_TIMEOUT_MS = 5000;
/** For everything up to the first answer: ioredis itself waits for ever on a port that accepts and says nothing. */
const HELLO_TIMEOUT_MS = 6000;
const RECONNECT_MS = 30_000;

/**
 * Connects and says hello. Fails at once when there is no Redis or it refuses; a connection lost later is made again
 * for a bounded time, and commands without an answer are sent again: every script of ours is safe to send twice.
 */
export async function connectRedis(options: ConnectOptions): Promise<RedisLink> {
  if (/^rediss?\+/.test(options.url)) throw notYet(options.shownUrl);
  const { Redis } = await import("ioredis");
  const reconnectMs = options.reconnectMs ?? RECONNECT_MS;
  let ready = false;
  let lostAt = 0;
  let failure: unknown;
  let refusal: unknown;
  let connections = 0;
  const client = new Redis(urlForClient(options), {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    connectionName: "push-cli",
    // On the console it complains about users who may not INFO; `sayHello` turns it on for those who may.
    enableReadyCheck: false,
    maxRetriesPerRequest: null,
    retryStrategy: (times) => {
      if (!ready) return null;
      if (times === 1) lostAt = performance.now();
      return performance.now() - lostAt > reconnectMs ? null : Math.min(50 * times, 1000);
    },
  });
  client.on("error", (error) => {
    failure = error;
    // ioredis would go on in database 0, which is somebody else's.
    if (!isRefusedSelect(error)) return;
    refusal = error;
    client.disconnect();
  });
  client.on("ready", () => {
    failure = undefined;
    connections++;
  });
  const explain = (error: unknown) =>
    explainRedisError(pickCause(error, refusal ?? failure), options.shownUrl);
  const call = async <T>(command: Promise<T>): Promise<T> => {
    try {
      return await command;
    } catch (error) {
      throw explain(error);
    }
  };
  try {
    await sayHello(client);
  } catch (error) {
    client.disconnect();
    throw explain(error);
  }
  ready = true;
  return {
    client,
    call,
    run: (script, keys, args) => call(runScript(client, script, keys, args)),
    get connections() {
      return connections;
    },
    serverId: async () => /^run_id:(\w+)/m.exec(await call(client.info("server")))?.[1] ?? "",
    now: async () => {
      const [sec, micro] = await call(client.time());
      return Number(sec) * 1000 + Math.floor(Number(micro) / 1000);
    },
    close: () => client.disconnect(),
  };
}

/** Rejects with ETIMEDOUT when no Redis answers in time. */
async function sayHello(client: Redis): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = Object.assign(new Error("no answer"), { code: "ETIMEDOUT" });
    timer = setTimeout(reject, HELLO_TIMEOUT_MS, error);
  });
  try {
    await Promise.race([client.connect().then(() => client.ping()), late]);
    // After a restart, Redis refuses commands until it has loaded its data: that is to be waited for.
    client.options.enableReadyCheck = await client.info("server").then(
      () => true,
      () => false,
    );
  } finally {
    clearTimeout(timer);
  }
}

function isRefusedSelect(error: Error & { command?: { name: string } }): boolean {
  return error.command?.name === "select";
}

/** ioredis reports "Connection is closed." to callers and the reason to its error event. */
function pickCause(error: unknown, failure: unknown): unknown {
  const vague = error instanceof Error && /Connection is closed|Stream isn't writeable/.test(error.message);
  return vague && failure ? failure : error;
}

/** The URL as ioredis takes it, which is a bare path for `unix:///path`. */
function urlForClient({ url, shownUrl }: ConnectOptions): string {
  if (url.startsWith("unix://")) return url.slice("unix://".length);
  if (/^rediss?:/.test(url) && isUsable(url)) return url;
  throw new PushCliError("redis", `can't connect to '${shownUrl}': not a Redis URL`, {
    hint: "redis://user:password@host:port/database, with special characters percent-encoded",
  });
}

function isUsable(url: string): boolean {
  try {
    const { username, password } = new URL(url);
    decodeURIComponent(username);
    decodeURIComponent(password);
    return true;
  } catch {
    return false;
  }
}

function notYet(shownUrl: string): PushCliError {
  return new PushCliError(
    "config",
    `${shownUrl}: push-cli can't connect to a Redis Cluster or to Sentinels yet`,
    {
      hint: "give the address of the master: redis://host:port",
    },
  );
}
