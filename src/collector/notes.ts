import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Kit } from "./kit.ts";

/** What is noted of a request while it is answered, for the log and the metrics. */
export interface Notes {
  startedMs: number;
  /** Whose it is. */
  openId?: string;
  /** Why it was refused. */
  code?: string;
  /** Kinds of the events of a callback. */
  callback?: string;
  counts?: Record<string, number>;
}

declare module "fastify" {
  interface FastifyRequest {
    notes: Notes;
  }
}

/** One record in the log for each request, and its time in the metrics. */
export function keepNotes(app: FastifyInstance, { options, metrics, journal }: Kit): void {
  const { clock } = options;
  app.decorateRequest("notes", undefined as unknown as Notes);
  app.addHook("onRequest", (request, _reply, done) => {
    request.notes = { startedMs: clock.monotonic() };
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    const { startedMs, openId, code, callback, counts } = request.notes;
    const ms = clock.monotonic() - startedMs;
    const route = routeOf(request);
    const status = reply.statusCode;
    metrics.requests.inc({ route, status });
    metrics.seconds.observe({ route }, ms / 1000);
    journal.write(status >= 500 ? "warn" : "info", "request", {
      route,
      method: request.method,
      status,
      ms: Math.round(ms * 10) / 10,
      ...(openId !== undefined && { user: journal.user(openId) }),
      ...(code !== undefined && { code }),
      ...(callback !== undefined && { callback }),
      ...counts,
    });
    done();
  });
}

/** The path as it was registered, never as it was sent. */
function routeOf(request: FastifyRequest): string {
  return (request.is404 ? undefined : request.routeOptions.url) ?? "none";
}
