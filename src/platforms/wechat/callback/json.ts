import { type Fields, MAX_DEPTH, type Value } from "./fields.ts";

/**
 * The fields of a JSON object, with numbers as text to keep all digits. If a name is repeated, the last value counts, as with
 * JSON.parse. Throws for anything that is not such an object, or is nested too deep.
 */
export function parseJson(text: string): Fields {
  const value: unknown = JSON.parse(quoteLongNumbers(text));
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error("it is not a JSON object");
  return toFields(value, 1);
}

/** A string (to its end, or to that of truncated text), or a number. Never backtracks, so it is linear. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"?|-?\d[\d.eE+-]*/gs;
/** From 2^53, which has 16 digits, JSON.parse rounds; MsgIDs have 18 or 19. */
const LONG = /^-?\d{16,}$/;

function quoteLongNumbers(text: string): string {
  return text.replace(TOKENS, (token) => (LONG.test(token) ? `"${token}"` : token));
}

function toFields(object: object, depth: number): Fields {
  if (depth > MAX_DEPTH) throw new Error("it is nested too deep");
  return new Map(Object.entries(object).map(([name, value]) => [name, toValues(value, depth + 1)]));
}

/** An array is treated as several values of one name. */
function toValues(value: unknown, depth: number): Value[] {
  if (depth > MAX_DEPTH) throw new Error("it is nested too deep");
  if (Array.isArray(value)) return value.flatMap((one) => toValues(one, depth + 1));
  if (typeof value === "object" && value !== null) return [toFields(value, depth)];
  return typeof value === "string" || typeof value === "number" ? [String(value).trim()] : [];
}
