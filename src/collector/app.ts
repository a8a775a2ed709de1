import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { messageOf } from "../errors.ts";
import { answerClientError } from "./client-error.ts";
import type { Kit } from "./kit.ts";
import { keepNotes } from "./notes.ts";
import { errorBody, RequestRefused, toRefusal } from "./refusal.ts";

/** How often Node looks for requests that take too long to come in. */
const CHECK_EACH_MS = 500;
/** Longer than proxies keep an idle connection (nginx: 60 s), or they would send a request into one that is just closing. */
const KEEP_ALIVE_MS = 65_000;
/** Node's own, said so that no option of the process makes it another. */
const HEADER_BYTES = 16_384;
/** A larger body is not waited for: its connection is closed. */
const DRAINED_BYTES = 4 * 1024 * 1024;

export interface App {
  server: FastifyInstance;
  /** From now on new requests on connections that are still open get 503. */
  refuseAll(): void;
}

/** The server without its routes: limits, errors as answers, log and metrics. */
export async function createApp(kit: Kit): Promise<App> {
  const { fastify } = await import("fastify");
  const { limits } = kit;
  let isStopping = false;
  const server = fastify({
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.receiveMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: {
      headersTimeout: limits.receiveMs,
      connectionsCheckingInterval: CHECK_EACH_MS,
      maxHeaderSize: HEADER_BYTES,
    },
    // Its answer is not in the form of ours.
    return503OnClosing: false,
    forceCloseConnections: "idle",
    clientErrorHandler: (error, socket) => answerClientError(kit, error, socket),
    frameworkErrors: (error, request, reply) => answerError(kit, error, request, reply),
  });
  keepNotes(server, kit);
  server.setErrorHandler((error, request, reply) => answerError(kit, error, request, reply));
  const findProblem = watchPaths(server);
  server.addHook("onRequest", (request, _reply, done) => {
    done(isStopping ? new RequestRefused(503, "shutting_down", STOPPING, CLOSE) : findProblem(request));
  });
  // A connection that is kept after the answer in hand would keep the server from its end, until the client lets go of it.
  server.addHook("onSend", (_request, reply, _payload, done) => {
    if (isStopping) void reply.headers(CLOSE);
    done();
  });
  return {
    server,
    refuseAll: () => {
      isStopping = true;
    },
  };
}

const STOPPING = "this collector is being stopped";
const CLOSE = { connection: "close" };

/** Before the body is read: nobody needs what is sent to a path that does not exist. */
function watchPaths(server: FastifyInstance): (request: FastifyRequest) => RequestRefused | undefined {
  const methods = new Map<string, string[]>();
  server.addHook("onRoute", ({ url, method }) => {
    methods.set(url, [...(methods.get(url) ?? []), ...[method].flat()]);
  });
  server.setNotFoundHandler((_request, reply) => reply.code(404).send());
  return ({ is404, url }) => {
    if (!is404) return undefined;
    const allowed = methods.get(url.split("?", 1)[0]!)?.join(", ");
    if (allowed === undefined) return new RequestRefused(404, "not_found", "there is nothing at this path");
    return new RequestRefused(405, "method_not_allowed", `this path takes ${allowed}`, { allow: allowed });
  };
}

function answerError(kit: Kit, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  let refusal = toRefusal(error);
  if (refusal === undefined) {
    kit.journal.write("error", "defect", { message: messageOf(error) });
    refusal = new RequestRefused(500, "unexpected", "the collector failed; its log says why");
  }
  if (request.notes) request.notes.code = refusal.code;
  // The framework closes the connection at once, and then many a client never reads why.
  if (refusal.status !== 413 || Number(request.headers["content-length"]) <= DRAINED_BYTES)
    reply.removeHeader("connection");
  void reply.code(refusal.status).headers(refusal.headers).send(errorBody(refusal));
}
