import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Client } from "undici";
import type { Connect } from "./connector.ts";
import { type Described, DescribedError } from "./described.ts";
import { describeFailure } from "./wire-failure.ts";

/** A proxy: its address, its authentication, and its name for messages. */
export interface ProxyServer {
  origin: string;
  /** `host:port`, without the user. */
  host: string;
  /** `proxy-authorization`, or nothing. */
  headers: string[];
}

export function parseProxy(proxy: string): ProxyServer {
  const { origin, host, username, password } = new URL(proxy);
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization = `Basic ${Buffer.from(user).toString("base64")}`;
  return { origin, host, headers: user === ":" ? [] : ["proxy-authorization", authorization] };
}

/** Connections to the proxy itself; their failures name it. */
export function connectToProxy(connect: Connect, { host }: ProxyServer, connectMs: number): Connect {
  return (options, callback) =>
    // The TLS name is that of the proxy, whatever host the request is for.
    connect({ ...options, servername: nameOf(options.hostname) }, (error, socket) => {
      if (error) callback(new DescribedError(describeProxyFailure(error, host, connectMs), error), null);
      else callback(null, socket);
    });
}

/**
 * Connections to a TLS server through a tunnel of the proxy (CONNECT; RFC 9110, 9.3.6). `openProxy` opens a client of the
 * proxy, `secure` does the handshake with the server. Built from undici's parts in the same way as its ProxyAgent, which
 * has no timeout and no error message for a proxy that refuses.
 */
export function connectThroughProxy(openProxy: () => Client, secure: Connect, proxy: ProxyServer): Connect {
  return (options, callback) => {
    const target = `${bracket(options.hostname)}:${options.port || 443}`;
    openTunnel(openProxy(), target, proxy).then(
      (httpSocket) => secure({ ...options, httpSocket }, callback),
      (error: Error) => callback(error, null),
    );
  };
}

/** The proxy's own refusal of a request to forward: only proxies answer 407. */
export function refusalOf(status: number, { host }: ProxyServer): Described | undefined {
  return status === 407 ? describeRefusal(status, host) : undefined;
}

async function openTunnel(client: Client, target: string, proxy: ProxyServer): Promise<Socket> {
  try {
    const headers = [...proxy.headers, "host", target, "proxy-connection", "keep-alive"];
    const { socket, statusCode } = await client.connect({ path: target, headers });
    // Errors also reach the TLS connection on top of it; without a listener here, they would end the process.
    socket.on("error", () => {});
    if (statusCode >= 200 && statusCode < 300) return socket as Socket;
    socket.destroy();
    throw new DescribedError(describeRefusal(statusCode, proxy.host));
  } catch (error) {
    throw error instanceof DescribedError ? error : tunnelError(error as Error, proxy.host);
  } finally {
    // The socket no longer belongs to the client; without it there is nothing to wait for.
    void client.destroy();
  }
}

function tunnelError(error: Error & { code?: string }, host: string): DescribedError {
  const what =
    error.code === "UND_ERR_HEADERS_TIMEOUT" ? "does not answer" : "closed the connection without an answer";
  const reason =
    error.name === "HTTPParserError"
      ? `what answers at ${host} is not an HTTP proxy`
      : `the proxy at ${host} ${what}`;
  return new DescribedError({ reason, hint: HINT }, error);
}

const HINT = "check --proxy (PUSH_CLI_PROXY, HTTPS_PROXY); --proxy none goes without it";

function describeRefusal(status: number, host: string): Described {
  const reason = `the proxy at ${host} refused: ${`${status} ${STATUS_CODES[status] ?? ""}`.trimEnd()}`;
  if (status !== 407) return { reason, hint: HINT };
  return { reason, hint: "give the proxy as http://user:password@host:port, best in PUSH_CLI_PROXY" };
}

function describeProxyFailure(error: Error, host: string, connectMs: number): Described {
  const context = { host, connectMs, stage: "unsent", timeoutMs: 0, deadlineMs: 0, maxBytes: 0 } as const;
  const { reason } = describeFailure(error, context);
  return { reason: `no connection to the proxy: ${reason}`, hint: HINT };
}

/** No name is sent for an IP address (RFC 6066, 3). */
function nameOf(hostname: string): string {
  return /^[\d.]+$|:/.test(hostname) ? "" : hostname;
}

function bracket(hostname: string): string {
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}
