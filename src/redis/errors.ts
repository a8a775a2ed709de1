import { messageOf, PushCliError } from "../errors.ts";
import { missingProblem } from "./missing-commands.ts";
import { REPLIES } from "./replies.ts";
import { type RefusedCommand, rightsProblem } from "./rights.ts";
import { TLS_PROBLEMS } from "./tls-problems.ts";

/** Facts that an explanation can use. */
export interface Circumstances {
  /** The URL without its password. */
  where: string;
  /** Our Redis user, if known. */
  user?: string | undefined;
  /** Set if we are connected to a replica. */
  master?: string | undefined;
  /** The ACL pattern that covers a key. */
  patternOf?: ((key: string) => string | undefined) | undefined;
  /** A lost connection is re-established automatically. */
  recovers?: boolean;
}

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
 * Converts any error of ioredis into one for the operator (exit code 6). The original is not kept as its cause: it
 * contains the refused command, and for AUTH that includes the password.
 */
export function explainRedisError(error: unknown, circumstances: Circumstances): PushCliError {
  if (error instanceof PushCliError) return error;
  const { where } = circumstances;
  const message = bareMessage(error);
  if (message.startsWith("READONLY")) return explainReadOnly(message, circumstances);
  if (message.startsWith("NOAUTH") && circumstances.user !== undefined) {
    return redisError(`Redis requires a password at ${where}: ${message}`, NO_USERS);
  }
  const command = (error as { command?: RefusedCommand }).command;
  const refused = rightsProblem(message, command, circumstances) ?? missingProblem(message, command);
  if (refused) return redisError(`${refused.what} at ${where}: ${message}`, refused.hint);
  const known = REPLIES.find(({ test }) => test.test(message));
  if (known) {
    const reply = message.replace(/^All sentinels are unreachable: /, "");
    return redisError(`${known.what} at ${where}: ${reply}`, known.hint, known.transient);
  }
  if (message.startsWith("WRONGTYPE")) {
    const isOurs = /:access_token:|suppressed'$/.test(keyOf(command));
    const hint = `check --${isOurs ? "key" : "pool"}-prefix`;
    return redisError(`${keyOf(command)} at ${where} holds another type`, hint);
  }
  if ((error as Error)?.name === "ReplyError") return redisError(`Redis at ${where} answered: ${message}`);
  return explainConnection(error, message, circumstances);
}

/**
 * Without the text around the reply itself, which Redis 6.2 adds in scripts, and ioredis when it gave up following a
 * cluster.
 */
function bareMessage(error: unknown): string {
  return (
    messageOf(error)
      .replace(/ Please report this\.$/, "")
      // A reply that came before any command was sent: why the connection was refused.
      .replace(/^Command queue state error\..* Last error: /, "")
      // The arguments may include a whole script.
      .replace(/, with args beginning with.*$/, "")
      .replace(/^(All sentinels are unreachable) .*? Last error: (?:Connection is closed\.)?/, "$1: ")
      .replace(/unreachable: $/, "unreachable: none of them answers")
      .replace(/^Too many Cluster redirections\. Last error: (\w*Error: )?/, "")
      .replace(/^ERR Error running script \(call to \w+\): (@\w+: ?\d+: ?)+-?/, "")
  );
}

function explainReadOnly(message: string, { where, master }: Circumstances): PushCliError {
  const [of, at] = master === undefined ? ["", ""] : [` of ${master}`, `, ${master}`];
  // Transient: the replica may be about to become the master.
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
  const named = message.startsWith("Socket timeout") ? NETWORK.ETIMEDOUT : NETWORK[code];
  const reason = VAGUE.test(message) ? "connection closed by the other side" : (named ?? message);
  return redisError(`can't reach Redis at ${where}: ${reason}`, connectionHint(reason, where), recovers);
}

/** A Redis with users would have answered WRONGPASS. */
const NO_USERS =
  "Redis before 6 has no users: give the password alone, redis://:password@host:port, in PUSH_CLI_REDIS_URL";

const VAGUE = /^Connection is closed|^Command aborted|^Stream isn't writeable|^Reached the max retries/;

function connectionHint(reason: string, where: string): string {
  const isTls = where.startsWith("rediss");
  if (isTls && reason === NETWORK.ETIMEDOUT) {
    return "a Redis without TLS does not answer either: try redis:// instead of rediss://";
  }
  if (!isTls && /^connection (closed|reset)/.test(reason)) {
    return "check that it is a Redis; one with TLS needs rediss:// in PUSH_CLI_REDIS_URL; some proxies (twemproxy) close the connection on unknown commands";
  }
  return "is a Redis running there? set PUSH_CLI_REDIS_URL or --redis-url, e.g. redis://127.0.0.1:6379";
}

/** OpenSSL's text without its numbers: error:0A00045C:SSL routines:ssl3_read_bytes:<text>:../deps/... */
function opensslReason(message: string): string {
  return /:SSL routines:\w*:([^:]+):/.exec(message)?.[1] ?? message;
}

/** The key of a refused command; the scripts check types themselves. */
function keyOf(command: RefusedCommand | undefined): string {
  const key = command?.args?.[0];
  return typeof key === "string" ? `the key '${key}'` : "a key";
}

function redisError(message: string, hint?: string, transient = false): PushCliError {
  return new PushCliError("redis", message, { hint, transient });
}
