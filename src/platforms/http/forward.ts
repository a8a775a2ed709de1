import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import type { Forward } from "../../collector/ports.ts";
import { PushCliError } from "../../errors.ts";
import { createConnector } from "./connector.ts";
import { decodeBody } from "./decode-body.ts";
import { DescribedError } from "./described.ts";
import type { Network } from "./network.ts";
import { describeFailure, type WireFault } from "./wire-failure.ts";

export interface ForwardOptions {
  /** http(s); it may have a path and a query, but no user. */
  url: string;
  /** For a whole request, including the connection. */
  deadlineMs: number;
  /** Certificates and resolver, but no proxy: a team's own backend is on this side of it. */
  network?: Pick<Network, "extraCas" | "lookup"> | undefined;
}

export interface Forwarder {
  forward: Forward;
  close(): Promise<void>;
}

/** Maximum size of an answer: the platform accepts a reply of a few KiB at most. */
const MAX_BYTES = 256 * 1024;
/** Concurrent requests; further ones wait for a connection. */
const CONNECTIONS = 16;
/** Servers close idle connections after 1 s or more, and a request sent at that moment may or may not have arrived. */
const IDLE_MS = 500;

/**
 * Headers that belong to one connection (RFC 9110, 7.6.1), or are made anew. Without `accept-encoding` the answer is not
 * compressed, so it can be passed on without the header that would say so.
 */
const OWN_HEADERS = [
  ..."connection keep-alive proxy-connection proxy-authenticate proxy-authorization te trailer".split(" "),
  ..."transfer-encoding upgrade expect host content-length accept-encoding".split(" "),
];

type Undici = typeof import("undici");
type ForwardRequest = Parameters<Forward>[0];
type ForwardAnswer = Awaited<ReturnType<Forward>>;

/**
 * Forwards callbacks to another server: each once, on kept-alive connections. `forward` rejects with an `api` error that
 * names only the host. Throws a `config` error for an invalid URL.
 */
export function openForward(options: ForwardOptions): Forwarder {
  const target = parseTarget(options.url);
  let pool: Promise<Dispatcher> | undefined;
  return {
    forward: async (request) => {
      pool ??= openPool(target, options);
      return exchange(await pool, target, options.deadlineMs, request);
    },
    close: async () => (await pool)?.destroy(),
  };
}

function parseTarget(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.hash) return url;
  const shown = url ? `${url.protocol}//${url.host}` : text;
  throw new PushCliError("config", `can't forward to ${JSON.stringify(shown)}`, {
    hint: "give --forward as http(s)://host[:port][/path], without user or fragment",
  });
}

async function openPool({ origin }: URL, { deadlineMs, network = {} }: ForwardOptions): Promise<Dispatcher> {
  const { Pool, buildConnector }: Undici = await import("undici");
  return new Pool(origin, {
    connect: createConnector(buildConnector, network, deadlineMs),
    connections: CONNECTIONS,
    pipelining: 1,
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
    maxResponseSize: MAX_BYTES,
  });
}

async function exchange(
  pool: Dispatcher,
  target: URL,
  deadlineMs: number,
  request: ForwardRequest,
): Promise<ForwardAnswer> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), deadlineMs);
  let isAnswering = false;
  try {
    const response = await pool.request({ ...requestTo(target, request), signal: deadline.signal });
    isAnswering = true;
    const body = Buffer.from(await response.body.arrayBuffer());
    return toAnswer(response.statusCode, response.headers, body);
  } catch (error) {
    const cause = deadline.signal.aborted ? "deadline" : (error as Error);
    throw failure(cause, target.host, deadlineMs, isAnswering ? "answering" : "sent");
  } finally {
    clearTimeout(timer);
  }
}

/** The target's own query is kept, followed by the platform's, unchanged: it is signed. */
function requestTo(
  target: URL,
  { method, search, headers, body }: ForwardRequest,
): Dispatcher.RequestOptions {
  const query = target.search && search ? `${target.search}&${search.slice(1)}` : target.search || search;
  return {
    method,
    path: target.pathname + query,
    headers: endToEnd(headers),
    body: body.length > 0 ? body : null,
  };
}

function endToEnd(headers: ForwardRequest["headers"]): Record<string, string> {
  const named = Object.entries(headers).find(([name]) => name.toLowerCase() === "connection")?.[1] ?? "";
  const dropped = new Set([...OWN_HEADERS, ...named.toLowerCase().split(/[\s,]+/)]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.has(name.toLowerCase())));
}

function toAnswer(status: number, headers: IncomingHttpHeaders, body: Buffer): ForwardAnswer {
  const decoded = decodeBody(body, String(headers["content-encoding"] ?? ""), MAX_BYTES);
  if (typeof decoded === "string") throw new DescribedError({ reason: decoded });
  return { status, contentType: headers["content-type"], body: decoded };
}

function failure(
  cause: WireFault,
  host: string,
  deadlineMs: number,
  stage: "sent" | "answering",
): PushCliError {
  const context = {
    host,
    stage,
    timeoutMs: deadlineMs,
    connectMs: deadlineMs,
    deadlineMs,
    maxBytes: MAX_BYTES,
  };
  const { reason, hint } = describeFailure(cause, context);
  return new PushCliError("api", `the callback was not forwarded: ${reason}`, { hint });
}
