import { isUtf8 } from "node:buffer";
import { badJson } from "./refusal.ts";

/** Valid reports have 3 levels. */
const MAX_LEVELS = 20;

/** Names that give access to an object's prototype if the parsed value is copied. */
const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

/**
 * Parses a body as JSON. Throws `bad_json` for invalid JSON or UTF-8, for deep nesting, and for names of
 * prototypes.
 */
export function readJson(body: Buffer): unknown {
  if (!isUtf8(body)) throw badJson("the body is not valid UTF-8");
  return parseJson(body.toString("utf8"));
}

/** The same for text. `what` names it in the message. */
export function parseJson(text: string, what = "the body"): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Not the parser's own message: it quotes the text.
    throw badJson(`${what} is not valid JSON`);
  }
  checkValue(value, what, 1);
  return value;
}

function checkValue(value: unknown, what: string, level: number): void {
  if (typeof value !== "object" || value === null) return;
  if (level > MAX_LEVELS) throw badJson(`${what} is nested more than ${MAX_LEVELS} levels deep`);
  for (const key of Object.keys(value)) {
    if (FORBIDDEN.has(key)) throw badJson(`${what} has a field "${key}", which is not allowed`);
    checkValue((value as Record<string, unknown>)[key], what, level + 1);
  }
}

/** Whether it has fields. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
