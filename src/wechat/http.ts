import type { Pool } from "undici";
import { Deadlines } from "./deadlines.ts";
import { Exchange, type ExchangeLimits, type HttpReply } from "./exchange.ts";

export interface HttpOptions {
  /** As `https://host:port`. */
  origin: string;
  /** `host:port` for messages. */
  host: string;
  /** Requests at the same time, each on its own kept-alive connection. */
  connections: number;
  /** For the headers and for each pause within the body; a whole request gets twice this. */
  timeoutMs: number;
}

export interface HttpRequest {
  method: "GET" | "POST";
  /** With its query. */
  path: string;
  /** JSON. */
  body?: string | undefined;
}

export interface Http {
  /** Never rejects. Never sends anything twice. */
  request(request: HttpRequest): Promise<HttpReply>;
  /** The same, with a callback, which must not throw. */
  dispatch(request: HttpRequest, onReply: (reply: HttpReply) => void): void;
  /** Lets the requests in flight finish. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5000;
const MAX_ANSWER_BYTES = 64 * 1024;
const HEADERS = ["content-type", "application/json"];

/**
 * A pool of connections to one origin. undici writes a request once: with pipelining 1 it goes back to the queue only
 * when its connection ended before the first byte was written.
 */
export async function openHttp(options: HttpOptions): Promise<Http> {
  const { Pool } = await import("undici");
  const limits = limitsOf(options);
  const pool = new Pool(options.origin, poolOptions(options.connections, limits));
  let closing: Promise<void> | undefined;
  const dispatch: Http["dispatch"] = ({ method, path, body }, onReply) => {
    pool.dispatch({ method, path, body: body ?? null, headers: HEADERS }, new Exchange(limits, onReply));
  };
  return {
    dispatch,
    request: (request) => new Promise((resolve) => dispatch(request, resolve)),
    close() {
      closing ??= pool.close();
      return closing;
    },
  };
}

function limitsOf({ host, timeoutMs }: HttpOptions): ExchangeLimits {
  const connectMs = Math.min(CONNECT_TIMEOUT_MS, timeoutMs);
  const deadlineMs = timeoutMs * 2;
  const deadlines = new Deadlines(deadlineMs);
  return { host, timeoutMs, connectMs, deadlineMs, deadlines, maxBytes: MAX_ANSWER_BYTES };
}

function poolOptions(connections: number, { timeoutMs, connectMs, maxBytes }: ExchangeLimits): Pool.Options {
  return {
    connections,
    pipelining: 1,
    allowH2: false,
    connectTimeout: connectMs,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: maxBytes,
  };
}
