import { createHash } from "node:crypto";
import { type CallbackEvent, type CallbackReader, CallbackRefused } from "../../src/collector/ports.ts";

export const SECRET = new TextEncoder().encode("a secret of the tests, of 32 bytes and more");

/** A platform of the tests: the query's `signature` is the hash of the body, which has the events as JSON. */
export const testReader: CallbackReader = {
  checkUrl: ({ query }) => {
    if (query.signature !== hashOf("")) throw new CallbackRefused("bad_signature", "the signature is wrong");
    return String(query.echostr ?? "");
  },
  read: ({ query, body }) => {
    if (query.signature !== hashOf(body))
      throw new CallbackRefused("bad_signature", "the signature is wrong");
    const events = readEvents(body.toString());
    if (!events) throw new CallbackRefused("bad_body", "the body has no events");
    return { events, answer: "success" };
  },
};

function readEvents(text: string): CallbackEvent[] | undefined {
  try {
    const events = JSON.parse(text);
    return Array.isArray(events) && events.every((event) => event?.kind) ? events : undefined;
  } catch {
    return undefined;
  }
}

export function hashOf(body: string | Buffer): string {
  return createHash("sha1").update(body).digest("hex");
}
