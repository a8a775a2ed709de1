import type { FastifyRequest } from "fastify";
import { messageOf } from "../errors.ts";
import { applyEvent } from "./apply-event.ts";
import type { Kit } from "./kit.ts";
import { type CallbackReader, CallbackRefused, type CallbackRequest } from "./ports.ts";
import { RequestRefused } from "./refusal.ts";
import { within } from "./within.ts";

/** The platform's check of the URL. */
export function answerUrlCheck({ metrics }: Kit, reader: CallbackReader, request: FastifyRequest): string {
  const text = reading(() => reader.checkUrl(toCallback(request)));
  metrics.callbacks.inc({ kind: "url_check", fate: "taken" });
  return text;
}

interface Answer {
  status: number;
  contentType: string;
  body: string | Buffer;
}

/**
 * An event of the platform: read, written into the books, handed on when it is somebody else's. The platform sends it again
 * unless it gets an answer within 5 s that says so: that is what 503 and 502 are for. All of a request's events have to be
 * acknowledged, and a second delivery of those that were changes nothing.
 */
export async function answerCallback(
  kit: Kit,
  reader: CallbackReader,
  request: FastifyRequest,
): Promise<Answer> {
  const { options, limits, metrics } = kit;
  const endMs = options.clock.monotonic() + limits.callbackMs;
  const leftMs = () => Math.max(0, endMs - options.clock.monotonic());
  const { events, answer } = reading(() => reader.read(toCallback(request)));
  const kinds: string[] = [];
  let others = 0;
  for (const event of events) {
    const kind = event.kind === "other" ? event.name : event.kind;
    kinds.push(kind);
    const fate = await applyEvent(kit, event, leftMs).catch((error) => {
      metrics.callbacks.inc({ kind, fate: "failed" });
      throw error;
    });
    if (fate === "other") others++;
    metrics.callbacks.inc({
      kind,
      fate: fate === "other" ? (options.forward ? "forwarded" : "ignored") : fate,
    });
  }
  request.notes.callback = kinds.join(" ");
  if (others > 0 && options.forward) return handOn(kit, request, leftMs());
  return { status: 200, contentType: "text/plain; charset=utf-8", body: answer };
}

/** The answer of the team's backend is the platform's. */
async function handOn({ options, journal }: Kit, request: FastifyRequest, mostMs: number): Promise<Answer> {
  const { method, url, headers } = request;
  const from = url.indexOf("?");
  try {
    const answer = await within(
      mostMs,
      options.clock,
      options.forward!({
        method: method === "GET" ? "GET" : "POST",
        search: from < 0 ? "" : url.slice(from),
        headers: joinHeaders(headers),
        body: bodyOf(request),
      }),
    );
    return { ...answer, contentType: answer.contentType ?? "text/plain; charset=utf-8" };
  } catch (error) {
    journal.write("warn", "forward", { message: messageOf(error) });
    throw new RequestRefused(502, "backend_unreachable", "the event could not be handed on");
  }
}

/** Runs what throws `CallbackRefused`. */
function reading<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof CallbackRefused)) throw error;
    const isUnread = error.code === "bad_envelope" || error.code === "bad_body";
    throw new RequestRefused(isUnread ? 400 : 401, error.code, error.message);
  }
}

function toCallback(request: FastifyRequest): CallbackRequest {
  const query: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.query as Record<string, unknown>)) {
    // A parameter that comes twice is not the platform's: it could mean one thing here and another there.
    if (typeof value === "string") query[name] = value;
  }
  return { query, headers: joinHeaders(request.headers), body: bodyOf(request) };
}

function bodyOf({ body }: FastifyRequest): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

function joinHeaders(headers: FastifyRequest["headers"]): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return joined;
}
