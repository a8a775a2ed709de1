import type { buildConnector, Client } from "undici";
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
  /** The same, with a callback, which must not throw. It may be called before this returns. */
  dispatch(request: HttpRequest, onReply: (reply: HttpReply) => void): void;
  /** Lets the requests in flight finish. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5000;
const MAX_ANSWER_BYTES = 64 * 1024;
const HEADERS = ["content-type", "application/json"];

/** One origin. undici's `Client` is loaded with the first use of HTTP. */
export async function openHttp(options: HttpOptions): Promise<Http> {
  const { Client, buildConnector } = await import("undici");
  const limits = limitsOf(options);
  // One for all, so that they share TLS sessions.
  const connect = buildConnector({ timeout: limits.connectMs, allowH2: false });
  const lanes = new Lanes(limits, options.connections, () => {
    return new Client(options.origin, clientOptions(limits, connect));
  });
  return {
    dispatch: (request, onReply) => lanes.dispatch(request, onReply),
    request: (request) => new Promise((resolve) => lanes.dispatch(request, resolve)),
    close: () => lanes.close(),
  };
}

function limitsOf({ host, timeoutMs }: HttpOptions): ExchangeLimits {
  const connectMs = Math.min(CONNECT_TIMEOUT_MS, timeoutMs);
  const deadlineMs = timeoutMs * 2;
  const deadlines = new Deadlines(deadlineMs);
  return { host, timeoutMs, connectMs, deadlineMs, deadlines, maxBytes: MAX_ANSWER_BYTES };
}

function clientOptions(
  { timeoutMs, maxBytes }: ExchangeLimits,
  connect: buildConnector.connector,
): Client.Options {
  return {
    connect,
    pipelining: 1,
    allowH2: false,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: maxBytes,
  };
}

interface Waiting {
  request: HttpRequest;
  exchange: Exchange;
}

/**
 * Connections to one origin, one request at a time on each: an answer's successor goes out on the same connection in the
 * same turn. undici's `Pool` looks for a free connection among all, and lets an answered one fall idle first; that made a
 * message cost a sixth more. A `Client` writes a request once: with pipelining 1 it keeps for another connection only what
 * was not begun.
 */
class Lanes {
  readonly #limits: ExchangeLimits;
  readonly #most: number;
  readonly #open: () => Client;
  readonly #clients: Client[] = [];
  readonly #free: Client[] = [];
  readonly #waiting: Waiting[] = [];
  #closing: Promise<unknown> | undefined;

  constructor(limits: ExchangeLimits, most: number, open: () => Client) {
    this.#limits = limits;
    this.#most = most;
    this.#open = open;
  }

  dispatch(request: HttpRequest, onReply: (reply: HttpReply) => void): void {
    const exchange = new Exchange(this.#limits, onReply);
    if (this.#closing) exchange.onResponseError(undefined, closedError());
    else {
      const client = this.#free.pop() ?? this.#another();
      if (client) this.#start(client, request, exchange);
      else this.#waiting.push({ request, exchange });
    }
  }

  async close(): Promise<void> {
    this.#closing ??= Promise.all(this.#clients.map((client) => client.close()));
    for (const { exchange } of this.#waiting.splice(0)) exchange.onResponseError(undefined, closedError());
    await this.#closing;
  }

  #another(): Client | undefined {
    if (this.#clients.length >= this.#most) return undefined;
    const client = this.#open();
    this.#clients.push(client);
    return client;
  }

  #start(client: Client, { method, path, body }: HttpRequest, exchange: Exchange): void {
    exchange.onDone = () => this.#release(client);
    client.dispatch({ method, path, body: body ?? null, headers: HEADERS }, exchange);
  }

  #release(client: Client): void {
    const next = this.#waiting.shift();
    if (next) this.#start(client, next.request, next.exchange);
    else this.#free.push(client);
  }
}

function closedError(): Error {
  return Object.assign(new Error("closed"), { code: "UND_ERR_CLOSED" });
}
