import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterAll, beforeAll, beforeEach } from "vitest";

export interface HookCall {
  method: string;
  /** With its query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** How a call is answered; `reset`: the connection ends instead, `silence`: nothing comes. */
export type HookAnswer =
  | { status: number; body?: string; headers?: Record<string, string> }
  | "reset"
  | "silence";

/** A webhook: a real HTTP server on the loopback that notes what it is asked. */
export interface HookServer {
  url: string;
  calls: HookCall[];
  /** The answers to come; the last one is for all further calls. */
  answers: HookAnswer[];
  /** Called before a call is answered. */
  onCall: (call: HookCall) => unknown;
}

/** A server for a test file, without calls before every test. */
export function useHookServer(): HookServer {
  const hook: HookServer = { url: "", calls: [], answers: [], onCall: () => undefined };
  const sockets = new Set<Socket>();
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const { method = "", url: path = "", headers } = request;
    const call = { method, path, headers, body };
    const answer = (hook.answers.length > 1 ? hook.answers.shift() : hook.answers[0]) ?? { status: 200 };
    hook.calls.push(call);
    await hook.onCall(call);
    if (answer === "silence") return;
    if (answer === "reset") request.socket.destroy();
    else response.writeHead(answer.status, answer.headers).end(answer.body ?? "");
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    hook.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    hook.calls.length = 0;
    hook.answers = [];
    hook.onCall = () => undefined;
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return hook;
}
