import { PushCliError } from "../errors.ts";

export interface Host {
  host: string;
  port: number;
}

/** What a Redis URL refers to. */
export type Target =
  /** If it belongs to a cluster, it leads to the whole cluster. */
  | { kind: "server"; url: string; tls: boolean; scanShowsAll?: true }
  | ({ kind: "socket"; path: string; db: number } & Login)
  | ({ kind: "cluster"; hosts: Host[]; tls: boolean } & Login)
  | SentinelTarget;

export interface SentinelTarget extends Login {
  kind: "sentinel";
  hosts: Host[];
  tls: boolean;
  master: string;
  db: number;
  sentinelUsername?: string;
  sentinelPassword?: string;
}

export interface Login {
  username?: string;
  password?: string;
}

/**
 * Parses a URL. Throws a `config` error that shows it as `shownUrl`, without its password.
 *
 *     redis[s]://[user:password@]host[:port][/db][?scan=all]
 *     unix://[user:password@]/path[?db=...], /path
 *     redis[s]+cluster://[user:password@]host[:port][,host...]
 *     redis[s]+sentinel://[user:password@]host[:port][,host...]/master[/db][?sentinelUser=...&sentinelPassword=...]
 */
export function parseTarget(url: string, shownUrl: string): Target {
  try {
    return (/^rediss?\+/.test(url) ? parseHosts(url) : parseServer(url)) ?? fail(shownUrl);
  } catch (error) {
    // Percent signs that are not part of an encoding.
    if (error instanceof URIError) return fail(shownUrl);
    throw error;
  }
}

function fail(shownUrl: string): never {
  const hint = /^rediss?\+sentinel:/.test(shownUrl)
    ? "redis+sentinel://user:password@host:port,host:port/master, with special characters percent-encoded"
    : /^rediss?\+cluster:/.test(shownUrl)
      ? "redis+cluster://user:password@host:port,host:port, with special characters percent-encoded"
      : "redis://user:password@host:port/database, with special characters percent-encoded";
  throw new PushCliError("config", `can't connect to '${shownUrl}': not a Redis URL`, { hint });
}

function parseServer(url: string): Target | undefined {
  if (/^unix:|^\//.test(url)) return parseSocket(url);
  if (!/^rediss?:/.test(url) || !URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  const { username, password, protocol, searchParams } = parsed;
  // ioredis would use an undecodable text as the password itself.
  decodeURIComponent(username);
  decodeURIComponent(password);
  const tls = protocol === "rediss:";
  const scan = searchParams.get("scan");
  if (scan === null) return { kind: "server", url, tls };
  searchParams.delete("scan");
  return scan === "all" ? { kind: "server", url: parsed.href, tls, scanShowsAll: true } : undefined;
}

const SOCKET_URL =
  /^(?:unix:(?:\/\/(?:(?<user>[^:/?#@]*)(?::(?<password>[^/?#]*))?@)?)?)?(?<path>\/[^?]+)(?:\?(?<query>.*))?$/;

function parseSocket(url: string): Target | undefined {
  const match = SOCKET_URL.exec(url);
  if (!match) return undefined;
  const { path = "", query } = match.groups ?? {};
  const db = new URLSearchParams(query).get("db") ?? "0";
  if (!/^\d+$/.test(db)) return undefined;
  return { kind: "socket", path: decodeURIComponent(path), db: Number(db), ...loginOf(match) };
}

function loginOf({ groups: { user, password } = {} }: RegExpExecArray): Login {
  return {
    ...(user ? { username: decodeURIComponent(user) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
  };
}

/** Not parsed by `URL`, which does not support lists of hosts. */
const HOSTS_URL =
  /^redis(s?)\+(cluster|sentinel):\/\/(?:(?<user>[^:/?#@]*)(?::(?<password>[^/?#]*))?@)?(?<hosts>[^/?#@]+)(?:\/(?<path>[^?#]*))?(?:\?(?<query>[^#]*))?$/;

function parseHosts(url: string): Target | undefined {
  const match = HOSTS_URL.exec(url);
  if (!match) return undefined;
  const { hosts: list = "", path = "", query } = match.groups ?? {};
  const isCluster = match[2] === "cluster";
  const hosts = list.split(",").flatMap((text) => parseHost(text, isCluster ? 6379 : 26379) ?? []);
  if (hosts.length !== list.split(",").length) return undefined;
  const common = { hosts, tls: match[1] === "s", ...loginOf(match) };
  // A cluster has one database.
  if (isCluster) return /^0?$/.test(path) ? { kind: "cluster", ...common } : undefined;
  const [master = "", db = "", ...rest] = path.split("/").map(decodeURIComponent);
  if (master === "" || !/^\d*$/.test(db) || rest.length > 0) return undefined;
  return {
    kind: "sentinel",
    ...common,
    master,
    db: Number(db),
    ...sentinelLogin(new URLSearchParams(query)),
  };
}

/** Sentinels have users and passwords of their own. */
function sentinelLogin(
  query: URLSearchParams,
): Pick<SentinelTarget, "sentinelUsername" | "sentinelPassword"> {
  const sentinelUsername = query.get("sentinelUser");
  const sentinelPassword = query.get("sentinelPassword");
  return {
    ...(sentinelUsername ? { sentinelUsername } : {}),
    ...(sentinelPassword ? { sentinelPassword } : {}),
  };
}

function parseHost(text: string, defaultPort: number): Host | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text);
  const port = Number(match?.[3] ?? defaultPort);
  const host = match?.[1] ?? match?.[2];
  return host !== undefined && port > 0 && port < 65536 ? { host, port } : undefined;
}
