import type { Redis } from "ioredis";
import { PushCliError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { RedisKey } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { isMissing } from "./missing-commands.ts";
import { type ClientOptions, connectNode, type NodeLink } from "./node.ts";
import { checkReachable } from "./reachable.ts";
import type { Patience } from "./retry-refused.ts";
import { type Behind, createSingleLink } from "./single.ts";
import { type Host, parseTarget, type SentinelTarget, type Target } from "./target.ts";

/** Contents of PEM files, and the name in the server's certificate. */
export interface RedisTls {
  ca?: string;
  cert?: string;
  key?: string;
  servername?: string;
}

export interface ConnectOptions {
  url: string;
  /** The URL for display, without its password. */
  shownUrl: string;
  /** For URLs that begin with `rediss`. */
  tls?: RedisTls | undefined;
  /**
   * Maximum time for connecting, and for waiting for a Redis that is lost, busy or loading; ms. Defaults to 5 s and 30
   * s.
   */
  redisTimeoutMs?: number | undefined;
  /** How long a lost connection may take to come back before commands fail, if shorter; ms. */
  reconnectMs?: number | undefined;
  /** See `NodeOptions`. */
  replyMs?: number | undefined;
  /** The ACL pattern that covers a key, for errors about rights. */
  aclPatternOf?: ((key: string) => string | undefined) | undefined;
  /** Accept a version that is too old for the scripts: it is only read from. */
  anyVersion?: boolean | undefined;
  /** Absent: commands that Redis refuses temporarily fail at once. */
  patience?: Patience | undefined;
  log?: Logger | undefined;
  /** Two keys in different slots that we may access, to find out whether one address stands for several servers. */
  probe?: readonly [RedisKey, RedisKey] | undefined;
}

const RECONNECT_MS = 30_000;
/** A server behind a Sentinel that sends nothing for this long while it owes a reply is considered dead. */
const SILENCE_MS = 10_000;
const SENTINEL_TIMEOUT_MS = 2000;

/**
 * Connects to the target of the URL, as listed in `target.ts`, and says hello. Rejects with a PushCliError at once when
 * there is no Redis or it refuses.
 */
export async function connectRedis(options: ConnectOptions): Promise<RedisLink> {
  const target = parseTarget(options.url, options.shownUrl);
  switch (target.kind) {
    case "sentinel": {
      const node = await connectByRole(options, target);
      tell(options, node, "the master that its Sentinels name");
      return createSingleLink(node, behind(options, "here"));
    }
    case "cluster":
      return connectByHosts(options, target);
    default: {
      const node = await connectByAddress(options, target);
      const scanShowsAll = target.kind === "server" && target.scanShowsAll === true;
      if (node.info?.isCluster) return widen(options, node, { scanShowsAll });
      tell(options, node, "one server");
      return createSingleLink(node, behind(options, "unknown", scanShowsAll));
    }
  }
}

async function connectByAddress(
  options: ConnectOptions,
  target: Extract<Target, { kind: "server" | "socket" }>,
): Promise<NodeLink> {
  const { Redis } = await import("ioredis");
  const make = (own: ClientOptions): Redis => {
    if (target.kind === "server") return new Redis(target.url, { ...own, ...tlsOf(options, target.tls) });
    const { kind: _, ...socket } = target;
    return new Redis({ ...own, ...socket });
  };
  return connectNode({ make, ...common(options) });
}

/** Extends a connection to one server of a cluster to all of it. */
async function widen(
  options: ConnectOptions,
  node: NodeLink,
  { given = [], scanShowsAll = false }: { given?: Host[]; scanShowsAll?: boolean },
): Promise<RedisLink> {
  try {
    const announced = await announcedHosts(node);
    if (!announced) {
      tell(options, node, "a proxy in front of a cluster");
      return createSingleLink(node, behind(options, "several", scanShowsAll));
    }
    // A server without others does not know its own address, and one without slots needs to be waited for.
    if (announced.length === 0) {
      tell(options, node, "a cluster of one");
      return createSingleLink(node, behind(options, "here"));
    }
    await checkReachable(announced, options.shownUrl);
    const { host, port, username, password, tls, path } = node.client.options;
    const login = { username: username ?? "", password: password ?? "", ...(tls ? { tls } : {}) };
    // With a socket, the only addresses are those announced by the cluster.
    const hosts = path ? announced : [{ host: host ?? "127.0.0.1", port: port ?? 6379 }, ...given];
    const { connectCluster } = await import("./cluster.ts");
    const link = await connectCluster({ hosts, node: login, ...common(options) });
    tell(
      options,
      node,
      `a cluster of ${new Set(announced.map(({ host, port }) => `${host}:${port}`)).size} masters`,
    );
    node.close();
    return link;
  } catch (error) {
    node.close();
    throw error;
  }
}

function tell({ log, shownUrl }: ConnectOptions, { info }: NodeLink, mode: string): void {
  const version = info?.version || undefined;
  const words = version === undefined ? "" : `, version ${version}`;
  log?.info("redis", `connected to ${shownUrl}: ${mode}${words}`, { redis: shownUrl, mode, version });
}

/**
 * Undefined when unknown: a proxy in front of a cluster returns INFO of one of its servers, and does not support
 * CLUSTER.
 */
async function announcedHosts(node: NodeLink): Promise<Host[] | undefined> {
  const [answer] = await Promise.allSettled([node.client.cluster("SLOTS")]);
  if (answer.status === "rejected" && isMissing(answer.reason)) return undefined;
  const ranges =
    answer.status === "fulfilled" ? answer.value : await node.call(Promise.reject(answer.reason));
  return ranges.flatMap(([, , master]) => (master?.[0] ? [{ host: master[0], port: master[1] }] : []));
}

/** The first host that answers leads to the cluster. */
async function connectByHosts(
  options: ConnectOptions,
  { hosts, tls, username = "", password = "" }: Extract<Target, { kind: "cluster" }>,
): Promise<RedisLink> {
  const { Redis } = await import("ioredis");
  const login: ClientOptions = { username, password, ...tlsOf(options, tls) };
  let failure: unknown;
  for (const host of hosts) {
    try {
      const make = (own: ClientOptions) => new Redis({ ...own, ...login, ...host });
      const node = await connectNode({ make, ...common(options) });
      if (node.info?.isCluster !== false) return await widen(options, node, { given: hosts });
      node.close();
      throw noCluster(options);
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

function behind({ shownUrl, probe }: ConnectOptions, keys: Behind["keys"], scanShowsAll = false): Behind {
  return { where: shownUrl, keys, probe, scanShowsAll };
}

function noCluster({ shownUrl }: ConnectOptions): PushCliError {
  return new PushCliError("redis", `the Redis at ${shownUrl} is not part of a cluster`, {
    hint: "connect to it with redis://host:port",
  });
}

/** The master named by the Sentinels, including after a failover. */
async function connectByRole(options: ConnectOptions, target: SentinelTarget): Promise<NodeLink> {
  const { Redis } = await import("ioredis");
  const { hosts, tls, master, kind: _, ...login } = target;
  const make = (own: ClientOptions): Redis => {
    const { tls: secured } = tlsOf(options, tls);
    return new Redis({
      ...own,
      ...login,
      name: master,
      sentinels: hosts,
      sentinelCommandTimeout: SENTINEL_TIMEOUT_MS,
      socketTimeout: own.socketTimeout ?? SILENCE_MS,
      // A master that has become a replica answers READONLY; the command is then sent to its successor.
      reconnectOnError: (error: Error) => (/READONLY You can't write/.test(error.message) ? 2 : false),
      ...(secured ? { tls: secured, sentinelTLS: secured, enableTLSForSentinelMode: true } : {}),
    });
  };
  return connectNode({ make, ...common(options), helloExtraMs: hosts.length * SENTINEL_TIMEOUT_MS });
}

function common({
  shownUrl,
  url,
  redisTimeoutMs,
  reconnectMs = redisTimeoutMs ?? RECONNECT_MS,
  replyMs,
  aclPatternOf,
  patience,
  anyVersion,
  log,
}: ConnectOptions) {
  return {
    circumstances: { where: shownUrl, patternOf: aclPatternOf, user: userOf({ url, shownUrl }) },
    connectMs: redisTimeoutMs,
    reconnectMs,
    replyMs,
    patience: patience && { ...patience, limitMs: redisTimeoutMs },
    anyVersion,
    log,
  };
}

/** The Redis user in a URL; undefined if it names none, or must not be shown. */
export function userOf({ url, shownUrl }: Pick<ConnectOptions, "url" | "shownUrl">): string | undefined {
  const user = /:\/\/([^:@/?#]+)(?::[^/?#]*)?@/.exec(url)?.[1];
  return user !== undefined && shownUrl.includes(`://${user}:`) ? user : undefined;
}

function tlsOf({ tls = {} }: ConnectOptions, isTls: boolean): Pick<ClientOptions, "tls"> {
  return isTls ? { tls } : {};
}
