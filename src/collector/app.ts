import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { messageOf } from "../errors.ts";
import { answerClientError } from "./client-error.ts";
import { type Answer, type Exchange, jsonAnswer, type Route } from "./exchange.ts";
import type { Kit } from "./kit.ts";
import { keepNotes } from "./notes.ts";
import { hasBody, NO_BODY, readBody } from "./read-body.ts";
import { errorBody, RequestRefused } from "./refusal.ts";

/** How often Node checks for requests that take too long to arrive. */
const CHECK_EACH_MS = 500;
/**
 * Longer than proxies keep an idle connection (nginx: 60 s); otherwise they would send requests on connections that are about
 * to close.
 */
const KEEP_ALIVE_MS = 65_000;
/** Node's default, set explicitly so that no option of the process changes it. */
const HEADER_BYTES = 16_384;
/** A larger body is not read to its end: its connection is closed. */
const DRAINED_BYTES = 4 * 1024 * 1024;
/** For the log and the metrics, of a request whose client left before its response; the number that nginx uses. */
const CLIENT_GONE = 499;

export interface App {
  server: Server;
  /** From now on, new requests on connections that are still open get 503. */
  refuseAll(): void;
}

interface State {
  isStopping: boolean;
  /** Connections whose request is answered while its body is still coming. */
  answered: WeakSet<Duplex>;
}

/** By path, then by method. */
type Routes = Map<string, Map<string, Route>>;

/**
 * The server: limits, error responses, log and metrics around the routes. Built on Node's own `http`: with a framework, a
 * report took a quarter more of the process's time, and all that the collector needs of one is a table of seven routes.
 */
export function createApp(kit: Kit, table: readonly Route[]): App {
  const { receiveMs } = kit.limits;
  const routes = toMap(table);
  const state: State = { isStopping: false, answered: new WeakSet() };
  const server = createServer(
    {
      requestTimeout: receiveMs,
      headersTimeout: receiveMs,
      connectionsCheckingInterval: CHECK_EACH_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: HEADER_BYTES,
    },
    (request, response) => void handle(kit, routes, state, request, response),
  );
  server.on("clientError", (error, socket) => {
    // A second response would be taken for that of another request; the first one may still have to be written.
    if (state.answered.has(socket)) socket.write("", () => socket.destroy());
    else answerClientError(kit, error, socket);
  });
  return {
    server,
    refuseAll: () => {
      state.isStopping = true;
    },
  };
}

function toMap(table: readonly Route[]): Routes {
  const routes: Routes = new Map();
  for (const route of table) {
    const methods = routes.get(route.path) ?? new Map<string, Route>();
    methods.set(route.method, route);
    // Its response without the body, which Node leaves out.
    if (route.method === "GET") methods.set("HEAD", route);
    routes.set(route.path, methods);
  }
  return routes;
}

async function handle(
  kit: Kit,
  routes: Routes,
  state: State,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = "", url = "", headers } = request;
  const from = url.indexOf("?");
  const methods = routes.get(from < 0 ? url : url.slice(0, from));
  const route = methods?.get(method);
  const notes = { startedMs: kit.options.clock.monotonic(), route: route?.path ?? "none" };
  const exchange: Exchange = { method, search: from < 0 ? "" : url.slice(from), headers, notes };
  response.on("close", () =>
    keepNotes(kit, exchange, response.headersSent ? response.statusCode : CLIENT_GONE),
  );
  let answer: Answer;
  try {
    if (state.isStopping) throw new RequestRefused(503, "shutting_down", STOPPING);
    if (!route) throw refuseRoute(methods);
    const admitted = route.admit?.(exchange);
    if (admitted) await admitted;
    checkType(route, request);
    const body = hasBody(request) ? await readBody(request, kit.limits.bodyBytes) : NO_BODY;
    answer = await route.answer(exchange, body);
  } catch (error) {
    answer = answerError(kit, exchange, error);
  }
  // A connection that is kept alive after this response would keep the server from ending until the client closes it.
  const isEndless = answer.status === 413 && !(Number(headers["content-length"]) <= DRAINED_BYTES);
  if (response.destroyed) return;
  writeHead(response, answer, state.isStopping || isEndless);
  // Head and body in one write.
  if (request.complete || !hasBody(request) || isEndless) return void response.end(answer.body);
  // To close a connection with unread bytes would reset it, and the client could lose the answer.
  response.write(answer.body);
  state.answered.add(request.socket);
  request.once("end", () => {
    state.answered.delete(request.socket);
    response.end();
  });
  request.resume();
}

const STOPPING = "this collector is being stopped";

/** Before the body is read: a body sent to a path that doesn't exist is not needed. */
function refuseRoute(methods: Map<string, Route> | undefined): RequestRefused {
  if (methods === undefined) return new RequestRefused(404, "not_found", "there is nothing at this path");
  const allow = [...methods.keys()].join(", ");
  return new RequestRefused(405, "method_not_allowed", `this path takes ${allow}`, { allow });
}

function checkType({ isJson }: Route, request: IncomingMessage): void {
  if (!isJson) return;
  const type = request.headers["content-type"];
  if (type === undefined ? !hasBody(request) : /^application\/json\s*(;|$)/i.test(type)) return;
  throw new RequestRefused(
    415,
    "unsupported_media_type",
    "the body must be of Content-Type application/json",
  );
}

function answerError({ journal }: Kit, { notes }: Exchange, error: unknown): Answer {
  let refusal = error instanceof RequestRefused ? error : undefined;
  if (refusal === undefined) {
    journal.write("error", "defect", { message: messageOf(error) });
    refusal = new RequestRefused(500, "unexpected", "the collector failed; its log says why");
  }
  notes.code = refusal.code;
  return jsonAnswer(errorBody(refusal), refusal.status, refusal.headers);
}

function writeHead(
  response: ServerResponse,
  { status, contentType, body, headers }: Answer,
  isLast: boolean,
): void {
  // A list is used as it is; an object would be iterated once more.
  const head = ["content-type", contentType, "content-length", String(Buffer.byteLength(body))];
  for (const name in headers) head.push(name, headers[name] as string);
  if (isLast) head.push("connection", "close");
  response.writeHead(status, head);
}
