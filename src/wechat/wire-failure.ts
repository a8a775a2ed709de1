import { messageOf } from "../errors.ts";
import { safeText } from "./safe-text.ts";

export interface FailureContext {
  /** `host:port` of the API. */
  host: string;
  /** How far the request came: nothing written, written, or the answer begun. */
  stage: "unsent" | "sent" | "answering";
  timeoutMs: number;
  connectMs: number;
  deadlineMs: number;
  maxBytes: number;
}

/** What happened on the wire, in words; never a path or query. */
export function describeFailure(cause: Error | "deadline", context: FailureContext): string {
  if (cause === "deadline") return describeDeadline(context);
  const known = WORDS[codeOf(cause)];
  if (known) return known(context);
  return describeByPattern(cause, context);
}

const WORDS: Record<string, (context: FailureContext) => string> = {
  ECONNREFUSED: ({ host }) => `connection refused by ${host}`,
  ENOTFOUND: unresolved,
  EAI_AGAIN: unresolved,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ETIMEDOUT: unreachable,
  ECONNRESET: ({ host, stage }) => `connection reset by ${host} ${WHEN[stage]}`,
  EPIPE: closed,
  UND_ERR_SOCKET: closed,
  UND_ERR_CONNECT_TIMEOUT: ({ host, connectMs }) => `no connection to ${host} within ${seconds(connectMs)}`,
  UND_ERR_HEADERS_TIMEOUT: ({ timeoutMs }) => `no answer within ${seconds(timeoutMs)}`,
  UND_ERR_BODY_TIMEOUT: ({ timeoutMs }) => `the answer paused for ${seconds(timeoutMs)}`,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: () => "the answer was cut short",
  UND_ERR_RES_EXCEEDED_MAX_SIZE: ({ maxBytes }) => `the answer is larger than ${maxBytes / 1024} KiB`,
  UND_ERR_HEADERS_OVERFLOW: () => "the headers of the answer are too large",
  UND_ERR_CLOSED: () => "the connections were closed before the request was sent",
  UND_ERR_DESTROYED: () => "the connections were closed before the request was sent",
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

/** Certificates and TLS have dozens of codes; their messages are plain words already. */
function describeByPattern(cause: Error, { host, stage }: FailureContext): string {
  const code = codeOf(cause);
  // Its `code` is undefined in undici 7.
  if (cause.name === "HTTPParserError") {
    return stage === "answering" ? "the answer is malformed or cut short" : "the answer is not HTTP";
  }
  const said = safeText(messageOf(cause), []);
  if (/CERT|TLS|SSL|SELF_SIGNED|EPROTO/.test(code)) return `no TLS connection to ${host}: ${said}`;
  return `connection to ${host} failed ${WHEN[stage]}: ${code || cause.name} ${said}`;
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "";
}

/** 1500 ms as `1.5 s`. */
function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(1))} s`;
}
