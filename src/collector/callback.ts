import { parse } from "node:querystring";
import { messageOf } from "../errors.ts";
import { applyEvent } from "./apply-event.ts";
import type { Answer, Exchange } from "./exchange.ts";
import type { Kit } from "./kit.ts";
import {
  type CallbackEvent,
  type CallbackReader,
  CallbackRefused,
  type CallbackRequest,
  type Forward,
} from "./ports.ts";
import { RequestRefused } from "./refusal.ts";

/** The platform's check of the URL. */
export function answerUrlCheck(kit: Kit, reader: CallbackReader, exchange: Exchange): string {
  const text = reading(kit, () => reader.checkUrl(toCallback(exchange, Buffer.alloc(0))));
  kit.metrics.callbacks.inc({ kind: "url_check", fate: "taken" });
  return text;
}

/**
 * Handles an event of the platform: reads it, writes it to the books, and forwards events that are not the collector's. The
 * platform sends it again unless it gets a success response within 5 s: that is the purpose of 503 and 502. All events of a
 * request have to be acknowledged, and a second delivery of acknowledged ones changes nothing.
 */
export async function answerCallback(
  kit: Kit,
  reader: CallbackReader,
  exchange: Exchange,
  body: Buffer,
): Promise<Answer> {
  const { options, limits } = kit;
  const endMs = options.clock.monotonic() + limits.callbackMs;
  const leftMs = () => Math.max(0, endMs - options.clock.monotonic());
  const { events, answer } = reading(kit, () => reader.read(toCallback(exchange, body)));
  if (events.length > 0) exchange.notes.callback = events.map(kindOf).join(" ");
  const others = events.filter((event) => event.kind === "other");
  for (const event of events) {
    if (event.kind !== "other") await counting(kit, [event], applyEvent(kit, event, leftMs), (fate) => fate);
  }
  const { forward } = options;
  if (others.length > 0 && forward)
    return counting(kit, others, handOn(kit, forward, { exchange, body }, leftMs()), () => "forwarded");
  const ignored = { status: 200, contentType: TEXT, body: answer };
  return counting(kit, others, Promise.resolve(ignored), () => "ignored");
}

const TEXT = "text/plain; charset=utf-8";

function kindOf(event: CallbackEvent): string {
  return event.kind === "other" ? event.name : event.kind;
}

/** Counts events by their result. */
async function counting<T>(
  { metrics }: Kit,
  events: readonly CallbackEvent[],
  work: Promise<T>,
  fateOf: (done: T) => string,
): Promise<T> {
  const count = (fate: string) => {
    for (const event of events) metrics.callbacks.inc({ kind: kindOf(event), fate });
  };
  try {
    const done = await work;
    count(fateOf(done));
    return done;
  } catch (error) {
    count("failed");
    throw error;
  }
}

/** The response of the team's backend is passed to the platform. */
async function handOn(
  { journal, within }: Kit,
  forward: Forward,
  { exchange, body }: { exchange: Exchange; body: Buffer },
  mostMs: number,
): Promise<Answer> {
  const { method, search, headers } = exchange;
  try {
    const answer = await within(
      mostMs,
      forward({
        method: method === "GET" ? "GET" : "POST",
        search,
        headers: joinHeaders(headers),
        body,
      }),
    );
    if (answer.status < 200 || answer.status > 599) throw new Error(`it answered ${answer.status}`);
    return { ...answer, contentType: answer.contentType ?? TEXT };
  } catch (error) {
    journal.write("warn", "forward", { message: messageOf(error) });
    throw new RequestRefused(502, "backend_unreachable", "the event could not be handed on");
  }
}

/** Runs a function that may throw `CallbackRefused`. */
function reading<T>({ metrics }: Kit, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof CallbackRefused)) throw error;
    metrics.callbacks.inc({ kind: "unread", fate: error.code });
    const isUnread = error.code === "bad_envelope" || error.code === "bad_body";
    throw new RequestRefused(isUnread ? 400 : 401, error.code, error.message);
  }
}

/**
 * Repeated parameters are passed as lists: they could be interpreted differently here and elsewhere, so the reader decides.
 */
function toCallback({ search, headers }: Exchange, body: Buffer): CallbackRequest {
  return { query: parse(search.slice(1)), headers: joinHeaders(headers), body };
}

function joinHeaders(headers: Exchange["headers"]): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return joined;
}
