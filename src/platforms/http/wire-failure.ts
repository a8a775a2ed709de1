import { messageOf } from "../../errors.ts";
import { type Described, DescribedError } from "./described.ts";
import { safeText } from "./safe-text.ts";
import { describeTls } from "./tls-failure.ts";

export interface FailureContext {
  /** `host:port` of the API, and the proxy on the way to it. */
  host: string;
  /** How far the request got: nothing written, written, or the answer started. */
  stage: "unsent" | "sent" | "answering";
  timeoutMs: number;
  connectMs: number;
  deadlineMs: number;
  maxBytes: number;
}

/** An error of undici or of the socket, or a reason why we ended the request ourselves. */
export type WireFault = Error | "deadline" | "silence" | "closed";

/** Describes what happened on the wire; never includes a path or query. */
export function describeFailure(cause: WireFault, context: FailureContext): Described {
  if (cause === "closed") return { reason: CLOSED };
  if (cause === "deadline") return { reason: describeDeadline(context) };
  if (cause === "silence") return { reason: describeSilence(context) };
  if (cause instanceof DescribedError) return cause.described;
  const known = WORDS[codeOf(cause)];
  if (known) return { reason: known(context), hint: MACHINE.has(codeOf(cause)) ? MACHINE_HINT : undefined };
  return describeTls(cause, context.host) ?? { reason: describeByPattern(cause, context) };
}

/**
 * Whether this machine or its resolver lacks the resources for another connection; that says nothing about
 * the API.
 */
export function isShortage(error: Error): boolean {
  const { cause } = error;
  const code = codeOf(error);
  return MACHINE.has(code) || RESOLVER.has(code) || (cause instanceof Error && isShortage(cause));
}

const MACHINE = new Set(["EMFILE", "ENFILE", "EADDRNOTAVAIL", "EADDRINUSE", "ENOBUFS", "ENOMEM"]);
/** A resolver that is overloaded, or could not open its files. */
const RESOLVER = new Set(["EAI_AGAIN", "EAI_MEMORY", "ENOTFOUND"]);
const MACHINE_HINT = "this is about this machine, not about the API: lower --concurrency";

const CLOSED = "the connections were closed before the request was sent";

const WORDS: Record<string, (context: FailureContext) => string> = {
  ECONNREFUSED: ({ host }) => `connection refused by ${host}`,
  ENOTFOUND: unresolved,
  EAI_AGAIN: unresolved,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ETIMEDOUT: unreachable,
  EMFILE: () => "this process has too many open files (ulimit -n)",
  ENFILE: () => "this machine has too many open files",
  EADDRNOTAVAIL: () => "this machine has no free port for another connection",
  EADDRINUSE: () => "this machine has no free port for another connection",
  ECONNRESET: ({ host, stage }) => `connection reset by ${host} ${WHEN[stage]}`,
  EPIPE: closed,
  UND_ERR_SOCKET: closed,
  UND_ERR_CONNECT_TIMEOUT: ({ host, connectMs }) => `no connection to ${host} within ${seconds(connectMs)}`,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ({ stage }) =>
    // undici also reports this when a Content-Length is sent twice; it then considers the answer not started.
    stage === "answering" ? "the answer was cut short" : "the headers of the answer give its length twice",
  UND_ERR_RES_EXCEEDED_MAX_SIZE: ({ maxBytes }) => `the answer is larger than ${maxBytes / 1024} KiB`,
  UND_ERR_HEADERS_OVERFLOW: () => "the headers of the answer are too large",
  UND_ERR_CLOSED: () => CLOSED,
  UND_ERR_DESTROYED: () => CLOSED,
};

const WHEN = {
  unsent: "before the request was sent",
  sent: "before it answered",
  answering: "in the middle of the answer",
};

function closed({ host, stage }: FailureContext): string {
  return `connection closed by ${host} ${WHEN[stage]}`;
}

function unresolved({ host }: FailureContext): string {
  return `host name of ${host} can't be resolved`;
}

function unreachable({ host }: FailureContext): string {
  return `${host} can't be reached`;
}

function describeDeadline({ stage, deadlineMs }: FailureContext): string {
  if (stage === "unsent") return `no connection was free within ${seconds(deadlineMs)}`;
  return stage === "sent"
    ? `no answer within ${seconds(deadlineMs)}`
    : `no full answer within ${seconds(deadlineMs)}`;
}

function describeSilence({ stage, timeoutMs }: FailureContext): string {
  return stage === "answering"
    ? `the answer paused for ${seconds(timeoutMs)}`
    : `no answer within ${seconds(timeoutMs)}`;
}

function describeByPattern(cause: Error, { host, stage }: FailureContext): string {
  // Its `code` is undefined in undici 7.
  if (cause.name === "HTTPParserError") {
    return stage === "answering" ? "the answer is malformed or cut short" : "the answer is not HTTP";
  }
  const said = safeText(messageOf(cause), []);
  return `connection to ${host} failed ${WHEN[stage]}: ${codeOf(cause) || cause.name} ${said}`;
}

export function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "";
}

/** 1500 ms as `1.5 s`. */
export function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(1))} s`;
}
