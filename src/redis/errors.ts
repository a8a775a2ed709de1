import { messageOf, PushCliError } from "../errors.ts";

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
    test: /^NOPERM/,
    what: "the Redis user lacks a right",
    hint: "the README lists the ACL rules that push-cli needs",
  },
  {
    test: /^READONLY/,
    what: "this Redis is a read-only replica",
    hint: "point PUSH_CLI_REDIS_URL at the master",
    transient: true,
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
    test: /^(LOADING|BUSY |MASTERDOWN|CLUSTERDOWN|TRYAGAIN)/,
    what: "Redis is not ready",
    hint: "try again shortly",
    transient: true,
  },
];

const NETWORK: Record<string, string> = {
  ECONNREFUSED: "connection refused",
  ENOTFOUND: "host name not found",
  EAI_AGAIN: "host name could not be looked up",
  ETIMEDOUT: "no answer in time",
  EHOSTUNREACH: "host unreachable",
  ENOENT: "no such socket",
  ECONNRESET: "connection reset",
  EPIPE: "connection closed by the other side",
};

/**
 * Any error of ioredis as one for the operator (exit code 6). `where` is the URL without its password. The original is
 * not kept as its cause: it carries the refused command, and for AUTH that is the password.
 */
export function explainRedisError(error: unknown, where: string): PushCliError {
  if (error instanceof PushCliError) return error;
  const message = messageOf(error).replace(/ Please report this\.$/, "");
  const known = REPLIES.find(({ test }) => test.test(message));
  if (known) return redisError(`${known.what} at ${where}: ${message}`, known.hint, known.transient);
  if (message.startsWith("WRONGTYPE")) {
    return redisError(`${keyOf(error)} at ${where} holds another type`, "is --pool-prefix right?");
  }
  if ((error as Error)?.name === "ReplyError") {
    return redisError(`Redis at ${where} answered: ${message}`);
  }
  const code = (error as NodeJS.ErrnoException)?.code ?? "";
  return redisError(
    `can't reach Redis at ${where}: ${NETWORK[code] ?? message}`,
    "is a Redis running there? set PUSH_CLI_REDIS_URL or --redis-url, e.g. redis://127.0.0.1:6379",
  );
}

/** What a refused command was about; the scripts check types themselves. */
function keyOf(error: unknown): string {
  const key = (error as { command?: { args?: unknown[] } }).command?.args?.[0];
  return typeof key === "string" ? `the key '${key}'` : "a key";
}

function redisError(message: string, hint?: string, transient = false): PushCliError {
  return new PushCliError("redis", message, { hint, transient });
}
