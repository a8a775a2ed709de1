import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

export interface HttpRequest {
  method: string;
  /** The request target, including its query. */
  url: string;
  body: string;
  /** The declared type of the body, without parameters and in lower case; "" if there is none. */
  contentType: string;
}

/** The answer to one request: exactly one of these is called, at once or later. */
export interface Reply {
  send(status: number, contentType: string, body: string): void;
  /** Announces the whole body, sends half of it and closes the connection. */
  truncate(contentType: string, body: string): void;
  /** A TCP reset, not an orderly close. */
  reset(): void;
}

export type Handler = (request: HttpRequest, reply: Reply) => void;

const MAX_BODY_BYTES = 1024 * 1024;

/**
 * An HTTP server that passes complete requests to `handler`; it answers 413 itself if a body has more than 1 MiB. No
 * timeouts: a client that was stopped by a test or a debugger finds its connections unchanged.
 */
export function createHttpServer(handler: Handler): Server {
  const options = { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 };
  return createServer(options, (request, response) => readRequest(request, response, handler));
}

/** Answers after the latency, or at once. The wait keeps no process alive. */
export function afterLatency(ms: number, answer: () => void): void {
  if (ms > 0) setTimeout(answer, ms).unref();
  else answer();
}

/** Closes the server and its connections; resolves when the port is free. May be called repeatedly. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function readRequest(request: IncomingMessage, response: ServerResponse, handler: Handler): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    // Too long: read to its end nevertheless, because a client that is still writing would not see the answer.
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  });
  request.on("end", () => {
    const reply = createReply(response);
    if (bytes > MAX_BODY_BYTES) return reply.send(413, "text/plain", "Payload Too Large\n");
    const { method = "", url = "", headers } = request;
    const [contentType = ""] = (headers["content-type"] ?? "").toLowerCase().split(";");
    const body = Buffer.concat(chunks).toString("utf8");
    handler({ method, url, body, contentType: contentType.trim() }, reply);
  });
}

/** The client may have gone while its answer was delayed: then there is no socket, and writing does nothing. */
function createReply(response: ServerResponse): Reply {
  const writeHead = (status: number, contentType: string, body: string) =>
    response.writeHead(status, { "content-type": contentType, "content-length": Buffer.byteLength(body) });
  return {
    send: (status, contentType, body) => writeHead(status, contentType, body).end(body),
    truncate: (contentType, body) => {
      const half = body.slice(0, body.length / 2);
      writeHead(200, contentType, body).write(half, () => response.socket?.destroySoon());
    },
    reset: () => response.req.socket.resetAndDestroy(),
  };
}
