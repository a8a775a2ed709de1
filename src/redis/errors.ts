import { messageOf, PushCliError } from "../errors.ts";
import { type RefusedCommand, rightsProblem } from "./rights.ts";
import { TLS_PROBLEMS } from "./tls-problems.ts";

/** What an explanation can draw on. */
export interface Circumstances {
  /** The URL without its password. */
  where: string;
  /** Who we are to Redis, as far as we know. */
  user?: string | undefined;
  /** Of the replica that we are connected to. */
  master?: string | undefined;
  /** The ACL pattern that covers a key. */
  patternOf?: ((key: string) => string | undefined) | undefined;
  /** A connection that is lost comes back by itself. */
  recovers?: boolean;
}

interface Explanation {
  test: RegExp;
  what: string;
  hint: string;
  transient?: true;
}

const REPLIES: Explanation[] = [
  {
    test: /^(WRONGPASS|ERR invalid password|ERR AUTH)/,
    what: "Redis refused the password",
    hint: "check the user and password in PUSH_CLI_REDIS_URL (redis://user:password@host:port)",
  },
  {
    test: /^NOAUTH/,
    what: "Redis wants a password",
    hint: "put it into PUSH_CLI_REDIS_URL (redis://:password@host:port), not on the command line",
  },
  {
    test: /^OOM/,
    what: "Redis is out of memory (maxmemory)",
    hint: "free memory or raise maxmemory, then run again; nothing was lost",
    transient: true,
  },
  {
    test: /^MISCONF/,
    what: "Redis can't write to its disk and refuses writes",
    hint: "mend persistence (disk space?), then run again; nothing was lost",
    transient: true,
  },
  {
    test: /^NOREPLICAS/,
    what: "Redis has too few replicas (min-replicas-to-write) and refuses writes",
    hint: "mend replication, then run again; nothing was lost",
    transient: true,
  },
  {
    test: /^ERR (DB index is out of range|invalid DB index|SELECT is not allowed)/,
    what: "Redis has no such database",
    hint: "check the number at the end of the URL: redis://host:port/<number>",
  },
  {
    test: /RESP type|Protocol error/,
    what: "something else than a Redis answers",
    hint: "check host and port in PUSH_CLI_REDIS_URL or --redis-url",
  },
  {
    test: /^(MOVED|ASK|CROSSSLOT)/,
    what: "this is one server of a Redis Cluster",
    hint: "connect to all of it: redis+cluster://host:port",
  },
  {
    test: /^(LOADING|BUSY |MASTERDOWN|CLUSTERDOWN|TRYAGAIN)/,
    what: "Redis is not ready",
    hint: "try again shortly",
    transient: true,
  },
  {
    test: /All sentinels are unreachable.*No such master/,
    what: "the Sentinels don't know the master of that name",
    hint: "redis-cli -p 26379 sentinel masters shows the names; the URL ends in one: redis+sentinel://host:port/<name>",
  },
  {
    test: /All sentinels are unreachable/,
    what: "no Sentinel leads to the master",
    hint: "check the Sentinels in PUSH_CLI_REDIS_URL: hosts, ports (26379 unless given), TLS, and ?sentinelPassword= if they want one",
  },
];

const NETWORK: Record<string, string> = {
  ECONNREFUSED: "connection refused",
  ENOTFOUND: "host name not found",
  EAI_AGAIN: "host name could not be looked up",
  ETIMEDOUT: "no answer in time",
  EHOSTUNREACH: "host unreachable",
  ENOENT: "no such socket",
  EACCES: "permission denied",
  ECONNRESET: "connection reset",
  EPIPE: "connection closed by the other side",
};

/**
 * Any error of ioredis as one for the operator (exit code 6). The original is not kept as its cause: it carries the
 * refused command, and for AUTH that is the password.
 */
export function explainRedisError(error: unknown, circumstances: Circumstances): PushCliError {
  if (error instanceof PushCliError) return error;
  const { where } = circumstances;
  const message = bareMessage(error);
  if (message.startsWith("READONLY")) return explainReadOnly(message, circumstances);
  const command = (error as { command?: RefusedCommand }).command;
  const refused = rightsProblem(message, command, circumstances);
  if (refused) return redisError(`${refused.what} at ${where}: ${message}`, refused.hint);
  const known = REPLIES.find(({ test }) => test.test(message));
  if (known) {
    const reply = message.replace(/^All sentinels are unreachable: /, "");
    return redisError(`${known.what} at ${where}: ${reply}`, known.hint, known.transient);
  }
  if (message.startsWith("WRONGTYPE")) {
    const isOurs = keyOf(command).includes(":access_token:");
    const hint = `is --${isOurs ? "key" : "pool"}-prefix right?`;
    return redisError(`${keyOf(command)} at ${where} holds another type`, hint);
  }
  if ((error as Error)?.name === "ReplyError") return redisError(`Redis at ${where} answered: ${message}`);
  return explainConnection(error, message, circumstances);
}

/** Without what surrounds the reply itself: Redis 6.2 in scripts, and ioredis when it gave up following a cluster. */
function bareMessage(error: unknown): string {
  return messageOf(error)
    .replace(/ Please report this\.$/, "")
    .replace(/^(All sentinels are unreachable) .*? Last error: (?:Connection is closed\.)?/, "$1: ")
    .replace(/unreachable: $/, "unreachable: nobody answers")
    .replace(/^Too many Cluster redirections\. Last error: (\w*Error: )?/, "")
    .replace(/^ERR Error running script \(call to \w+\): (@\w+: ?\d+: ?)+-?/, "");
}

function explainReadOnly(message: string, { where, master }: Circumstances): PushCliError {
  const [of, at] = master === undefined ? ["", ""] : [` of ${master}`, `, ${master}`];
  // Transient: a replica may be about to become the master.
  return redisError(
    `the Redis at ${where} is a read-only replica${of}: ${message}`,
    `point PUSH_CLI_REDIS_URL at the master${at}`,
    true,
  );
}

function explainConnection(
  error: unknown,
  message: string,
  { where, recovers = false }: Circumstances,
): PushCliError {
  const code = (error as NodeJS.ErrnoException)?.code ?? "";
  const tls = TLS_PROBLEMS.find(({ test }) => test.test(code));
  if (tls) return redisError(`${tls.what} at ${where}: ${opensslReason(message)}`, tls.hint);
  const reason = VAGUE.test(message) ? "connection closed by the other side" : (NETWORK[code] ?? message);
  return redisError(`can't reach Redis at ${where}: ${reason}`, connectionHint(reason, where), recovers);
}

const VAGUE = /^Connection is closed|^Command aborted/;

function connectionHint(reason: string, where: string): string {
  const isTls = where.startsWith("rediss");
  if (isTls && reason === NETWORK.ETIMEDOUT) {
    return "a Redis without TLS does not answer either: redis:// instead of rediss://?";
  }
  if (!isTls && /^connection (closed|reset)/.test(reason)) {
    return "is that a Redis? one with TLS needs rediss:// in PUSH_CLI_REDIS_URL";
  }
  return "is a Redis running there? set PUSH_CLI_REDIS_URL or --redis-url, e.g. redis://127.0.0.1:6379";
}

/** OpenSSL's words without its numbers: error:0A00045C:SSL routines:ssl3_read_bytes:<words>:../deps/... */
function opensslReason(message: string): string {
  return /:SSL routines:\w*:([^:]+):/.exec(message)?.[1] ?? message;
}

/** What a refused command was about; the scripts check types themselves. */
function keyOf(command: RefusedCommand | undefined): string {
  const key = command?.args?.[0];
  return typeof key === "string" ? `the key '${key}'` : "a key";
}

function redisError(message: string, hint?: string, transient = false): PushCliError {
  return new PushCliError("redis", message, { hint, transient });
}
