import type { buildConnector, Client } from "undici";
import { type Connect, createConnector } from "./connector.ts";
import { Deadlines } from "./deadlines.ts";
import type { ExchangeLimits, HttpReply } from "./exchange.ts";
import { type HttpRequest, Lanes, type Route } from "./lanes.ts";
import type { Network } from "./network.ts";
import { connectThroughProxy, connectToProxy, type ProxyServer, parseProxy, refusalOf } from "./proxy.ts";
import { traceExchanges } from "./trace.ts";

export interface HttpOptions {
  /** In the form `https://host:port`. */
  origin: string;
  /** `host:port`, for use in messages. */
  host: string;
  /** Maximum concurrent requests, each on its own kept-alive connection. */
  connections: number;
  /** For the headers and for each pause within the body. */
  timeoutMs: number;
  /** For a whole request; absent: twice `timeoutMs`. */
  deadlineMs?: number | undefined;
  network?: Network | undefined;
  /** Maximum size of an answer; defaults to 64 KiB. */
  maxAnswerBytes?: number | undefined;
  /** Type of the bodies that are sent; defaults to JSON. */
  contentType?: string | undefined;
}

export interface Http {
  /** Never rejects. Never sends anything twice. */
  request(request: HttpRequest): Promise<HttpReply>;
  /** The same with a callback, which must not throw. It may be called before this returns. */
  dispatch(request: HttpRequest, onReply: (reply: HttpReply) => void): void;
  /** Waits until the requests in flight end, which they do by their deadlines. */
  close(): Promise<void>;
}

/** With a dead primary name server, a lookup alone takes 5 s (resolv.conf(5)). */
const CONNECT_TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;
/**
 * When undici closes an idle connection by itself, unless the server asks for less; `lanes.ts` never uses one that old.
 */
const KEEP_MS = 4000;
const HINT_SLACK_MS = 500;

type Undici = { Client: typeof Client; buildConnector: typeof buildConnector };

/** For one origin. undici's `Client` is loaded with the first use of HTTP. */
export async function openHttp(options: HttpOptions): Promise<Http> {
  const undici = await import("undici");
  const proxy = options.network?.proxy === undefined ? undefined : parseProxy(options.network.proxy);
  const limits = limitsOf(options, proxy);
  const lanes = new Lanes(limits, options.connections, routeTo(undici, options, limits, proxy));
  const bare: Http["dispatch"] = (request, onReply) => lanes.dispatch(request, onReply);
  const dispatch = traceExchanges(bare, options.host, options.network?.log);
  return {
    dispatch,
    request: (request) => new Promise((resolve) => dispatch(request, resolve)),
    close: () => lanes.close(),
  };
}

function limitsOf(
  { origin, host, timeoutMs, deadlineMs = timeoutMs * 2, maxAnswerBytes }: HttpOptions,
  proxy: ProxyServer | undefined,
): ExchangeLimits {
  return {
    host: proxy ? `${host} (through the proxy at ${proxy.host})` : host,
    timeoutMs,
    connectMs: Math.min(CONNECT_TIMEOUT_MS, timeoutMs),
    deadlineMs,
    deadlines: new Deadlines(deadlineMs, timeoutMs),
    maxBytes: maxAnswerBytes ?? MAX_ANSWER_BYTES,
    ...(proxy && isForwarded(origin) && { refusedByProxy: (status) => refusalOf(status, proxy) }),
  };
}

/**
 * A proxy gets the whole URL of an http request, and is asked for a tunnel to an https server: many don't open one to
 * port 80.
 */
function isForwarded(origin: string): boolean {
  return origin.startsWith("http:");
}

function routeTo(
  { Client, buildConnector }: Undici,
  { origin, network = {}, contentType = "application/json" }: HttpOptions,
  { connectMs, maxBytes }: ExchangeLimits,
  proxy: ProxyServer | undefined,
): Route {
  const headers = headersOf(network, contentType);
  const open = (to: string, connect: Connect) => new Client(to, clientOptions(connect, maxBytes));
  const connect = createConnector(buildConnector, network, connectMs);
  if (!proxy) return { open: () => open(origin, connect), pathPrefix: "", headers };
  const toProxy = connectToProxy(connect, proxy, connectMs);
  if (isForwarded(origin)) {
    const forProxy = ["host", new URL(origin).host, ...proxy.headers];
    return {
      open: () => open(proxy.origin, toProxy),
      pathPrefix: origin,
      headers: [...headers, ...forProxy],
    };
  }
  const openProxy = () => new Client(proxy.origin, { connect: toProxy, headersTimeout: connectMs });
  const through = connectThroughProxy(openProxy, connect, proxy);
  return { open: () => open(origin, through), pathPrefix: "", headers };
}

function headersOf({ userAgent }: Network, contentType: string): string[] {
  const own = userAgent === undefined ? [] : ["user-agent", userAgent];
  return ["content-type", contentType, "accept", "application/json", ...own];
}

/** undici's own timeouts are off: they would fire after a sleep before the socket is read. */
function clientOptions(connect: Connect, maxBytes: number): Client.Options {
  return {
    connect,
    pipelining: 1,
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: KEEP_MS,
    keepAliveMaxTimeout: KEEP_MS,
    // Subtracted from the server's hint, which is in whole seconds; with undici's default of 2 s, a hint of 2 s would
    // end each connection.
    keepAliveTimeoutThreshold: HINT_SLACK_MS,
    maxResponseSize: maxBytes,
  };
}
