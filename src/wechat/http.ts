import type { Pool } from "undici";
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
  const pool = new Pool(options.origin, poolOptions(options));
  const limits: ExchangeLimits = {
    host: options.host,
    timeoutMs: options.timeoutMs,
    connectMs: connectTimeoutMs(options),
    deadlineMs: options.timeoutMs * 2,
    maxBytes: MAX_ANSWER_BYTES,
  };
  let closing: Promise<void> | undefined;
  return {
    request: ({ method, path, body }) =>
      new Promise((resolve) => {
        pool.dispatch({ method, path, body: body ?? null, headers: HEADERS }, new Exchange(limits, resolve));
      }),
    close() {
      closing ??= pool.close();
      return closing;
    },
  };
}

function poolOptions({ connections, timeoutMs, ...options }: HttpOptions): Pool.Options {
  return {
    connections,
    pipelining: 1,
    allowH2: false,
    connectTimeout: connectTimeoutMs({ connections, timeoutMs, ...options }),
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: MAX_ANSWER_BYTES,
  };
}

function connectTimeoutMs({ timeoutMs }: HttpOptions): number {
  return Math.min(CONNECT_TIMEOUT_MS, timeoutMs);
}
