import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import type { MessageSender, SendAnswer } from "../../src/broadcast/ports.ts";

/** A sender whose answers can be awaited. */
export interface AwaitedSender {
  send(openId: string, formId: string, accessToken: string): Promise<SendAnswer>;
  close(): Promise<void>;
}

export function awaited(sender: MessageSender): AwaitedSender {
  return {
    send: (openId, formId, accessToken) =>
      new Promise((resolve) => sender.send({ openId, formId }, accessToken, resolve)),
    close: () => sender.close(),
  };
}

export interface Received {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: string;
}

export interface HttpDouble {
  base: string;
  received: Received[];
  connections(): number;
  close(): Promise<void>;
}

/** A real HTTP server on 127.0.0.1 that records what it got and lets `respond` answer. */
export async function serveHttp(
  respond: (response: ServerResponse, request: Received, index: number) => void,
  wantedPort = 0,
): Promise<HttpDouble> {
  const received: Received[] = [];
  let connections = 0;
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const { method = "", url = "", headers } = incoming;
      const request = { method, url, headers, body: Buffer.concat(chunks).toString() };
      respond(response, request, received.push(request) - 1);
    });
  });
  server.on("connection", () => connections++);
  const { base } = await listen(server, wantedPort);
  return {
    base,
    received,
    connections: () => connections,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Answers every request with `status` and `body`. */
export function serveBody(body: string, status = 200): Promise<HttpDouble> {
  return serveHttp((response) => {
    response.writeHead(status, { "content-type": "application/json" }).end(body);
  });
}

export interface TcpDouble {
  base: string;
  port: number;
  /** What each connection sent, in order of connecting. */
  received: string[];
  close(): Promise<void>;
}

/** A bare socket server: `onRequest` runs when a whole request with a JSON body has arrived on a connection. */
export async function serveTcp(onRequest: (socket: Socket, index: number) => void): Promise<TcpDouble> {
  const received: string[] = [];
  const sockets = new Set<Socket>();
  let requests = 0;
  const server = createTcpServer((socket) => {
    const own = received.push("") - 1;
    let pending = "";
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => {
      received[own] += chunk.toString();
      pending += chunk.toString();
      if (!isComplete(pending)) return;
      pending = "";
      onRequest(socket, requests++);
    });
  });
  const { base, port } = await listen(server);
  return {
    base,
    port,
    received,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** The bytes of an HTTP/1.1 answer with a JSON body. */
export function httpAnswer(body: string, extra = ""): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${extra}\r\n${body}`;
}

/** A port of 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createTcpServer();
  const { port } = await listen(server);
  server.close();
  await once(server, "close");
  return port;
}

async function listen(server: Server, wantedPort = 0): Promise<{ base: string; port: number }> {
  server.listen(wantedPort, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { base: `http://127.0.0.1:${port}`, port };
}

function isComplete(text: string): boolean {
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd < 0) return false;
  const length = /content-length: (\d+)/i.exec(text)?.[1] ?? "0";
  return Buffer.byteLength(text.slice(headEnd + 4)) >= Number(length);
}
