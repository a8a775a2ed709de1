import { isUtf8 } from "node:buffer";
import { badJson } from "./refusal.ts";

/** What reports need is 3 deep. */
const MOST_LEVELS = 20;

/** Names that reach an object's prototype where somebody copies what was read. */
const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

/** A body as JSON. Throws `bad_json` for what is none, is not UTF-8, is too deep, or names a prototype. */
export function readJson(body: Buffer): unknown {
  if (!isUtf8(body)) throw badJson("the body is not valid UTF-8");
  return parseJson(body.toString("utf8"));
}

/** The same for text. `what` it is, for the message. */
export function parseJson(text: string, what = "the body"): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Not the parser's own message: it quotes what was sent.
    throw badJson(`${what} is not valid JSON`);
  }
  checkValue(value, what, 1);
  return value;
}

function checkValue(value: unknown, what: string, level: number): void {
  if (typeof value !== "object" || value === null) return;
  if (level > MOST_LEVELS) throw badJson(`${what} is nested more than ${MOST_LEVELS} levels deep`);
  for (const key of Object.keys(value)) {
    if (FORBIDDEN.has(key)) throw badJson(`${what} has a field "${key}", which is not allowed`);
    checkValue((value as Record<string, unknown>)[key], what, level + 1);
  }
}

/** Whether it has fields. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
