import type { PushCode } from "./code.ts";
import { readJson } from "./json-reader.ts";
import { quoteText, readEntry } from "./read-entry.ts";

/** A JSON value within its text; `items` are the elements of an array, or the names and values of an object in turn. */
interface Span {
  start: number;
  end: number;
  items: Span[];
}

/**
 * The entry with only the numbered codes (from 0, ascending, at least one), every other byte unchanged. Undefined when that
 * is impossible: the result is read again and must hold exactly those codes.
 */
export function keepCodes(bytes: string, codes: PushCode[], keep: number[]): string | undefined {
  if (keep.length === codes.length) return bytes;
  const { base, requote } = unquote(bytes);
  const spans = listSpans(base);
  if (spans?.length !== codes.length) return undefined;
  let text = base.slice(0, spans[0]!.start);
  for (const [i, k] of keep.entries()) {
    // A kept code includes the separator after it; if the list ends after it, there is none.
    text += base.slice(spans[k]!.start, i < keep.length - 1 ? spans[k + 1]!.start : spans[k]!.end);
  }
  text += base.slice(spans.at(-1)!.end);
  return verify(
    requote(text),
    keep.map((k) => codes[k]!),
  );
}

/**
 * Takes one use of a code. `own`: an entry in the writer's own form that holds only what was taken; `rest`: what remains in
 * the entry's place, if anything. Undefined when that is impossible.
 */
export function takeUse(
  bytes: string,
  codes: PushCode[],
  k: number,
): { own: string; rest: string | undefined } | undefined {
  const { uses = 1 } = codes[k]!;
  // Taken whole, it is not encoded again: the writer's escapes may differ from ours.
  if (codes.length === 1 && uses === 1) return { own: bytes, rest: undefined };
  const alone = keepCodes(bytes, codes, [k]);
  const own = alone && setUses(alone, [codes[k]!], 0, 1);
  const others = [...codes.keys()].filter((n) => n !== k);
  const rest = uses > 1 ? setUses(bytes, codes, k, uses - 1) : keepCodes(bytes, codes, others);
  return own !== undefined && rest !== undefined ? { own, rest } : undefined;
}

/**
 * The entry with another number of uses for a code that states it; the right digits are found by reading each candidate.
 */
function setUses(bytes: string, codes: PushCode[], k: number, uses: number): string | undefined {
  if ((codes[k]!.uses ?? 1) === uses) return bytes;
  const { base, requote } = unquote(bytes);
  const wanted = codes.map((code, n) => (n === k ? { ...code, uses } : code));
  const digits = String(codes[k]!.uses);
  const span = codes.length === 1 ? readSpans(base) : listSpans(base)?.[k];
  for (const { start, end } of span ? leavesOf(span) : []) {
    if (base.slice(start, end).replace(/[lL]$/, "") !== digits) continue;
    const text = base.slice(0, start) + uses + base.slice(start + digits.length);
    const found = verify(requote(text), wanted);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The bytes, if reading them gives these codes. */
function verify(bytes: string, codes: PushCode[]): string | undefined {
  const entry = readEntry(bytes);
  if (!entry.readable || entry.codes.length !== codes.length) return undefined;
  const same = entry.codes.every((code, i) => {
    const { formId, expireMs, uses, scene } = codes[i]!;
    return code.formId === formId && code.expireMs === expireMs && code.uses === uses && code.scene === scene;
  });
  return same ? bytes : undefined;
}

/** The JSON text in an entry, and the way back: a writer may have encoded it once more, as a string. */
function unquote(bytes: string): { base: string; requote: (text: string) => string } {
  const outer = bytes.trimStart().startsWith('"') ? readJson(bytes) : undefined;
  return outer?.type === "string"
    ? { base: outer.value, requote: quoteText }
    : { base: bytes, requote: (text) => text };
}

/** The codes of a list, with or without a type wrapper. */
function listSpans(base: string): Span[] | undefined {
  const root = readSpans(base);
  const isWrapped = root?.items.length === 2 && base[root.items[0]!.start] === '"';
  return isWrapped ? root.items[1]!.items : root?.items;
}

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[[{\]}]|[^\s"[\]{},:]+/g;

/** The positions of the values in a JSON document that is known to be valid. */
function readSpans(text: string): Span | undefined {
  const root: Span = { start: 0, end: text.length, items: [] };
  const open = [root];
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const end = index + token.length;
    if (token === "]" || token === "}") {
      open.pop()!.end = end;
      continue;
    }
    const span: Span = { start: index, end, items: [] };
    open.at(-1)!.items.push(span);
    if (token === "[" || token === "{") open.push(span);
  }
  return root.items[0];
}

function leavesOf(span: Span): Span[] {
  return span.items.length === 0 ? [span] : span.items.flatMap(leavesOf);
}
