import { codeState, type PushCode } from "./code.ts";
import { keepCodes, takeUse } from "./cut-entry.ts";
import { readEntry } from "./read-entry.ts";

/** An entry of a pool as it was read, and what is to replace it; undefined: nothing. */
export interface EntryEdit {
  index: number;
  was: string;
  text: string | undefined;
}

/** The code that a claim takes. */
export interface Picked {
  code: PushCode;
  /** Index of its entry in the pool. */
  index: number;
  /** The position of the code within `source`, from 1. */
  k: number;
  /** An entry that holds only what was taken. */
  own: string;
  /** The entry that the code was cut from; empty when nothing of it stays in the pool. */
  source: string;
  /** The number of valid codes that remain in the entry; infinite when nothing is spent. */
  leaves: number;
}

export interface Found {
  /** Codes that the edits drop. */
  expired: number;
  refused: number;
  /** Entries found that are not understood. */
  unreadable: number;
  edits: EntryEdit[];
  pick?: Picked;
}

/**
 * Looks for the first valid code that is not `refused` among the entries of a pool from index `from` on, as latin1 strings;
 * undefined stands for an entry that is too long to read. Expired and refused codes found on the way are to be dropped.
 */
export function findCode(
  entries: readonly (string | undefined)[],
  from: number,
  nowMs: number,
  refused?: string,
): Found {
  const found: Found = { expired: 0, refused: 0, unreadable: 0, edits: [] };
  for (const [i, bytes] of entries.entries()) {
    const examined = bytes === undefined ? undefined : examineEntry(bytes, nowMs, refused);
    if (bytes === undefined || !examined) {
      found.unreadable++;
      continue;
    }
    found.expired += examined.expired;
    found.refused += examined.refused;
    if (examined.text !== bytes) found.edits.push({ index: from + i, was: bytes, text: examined.text });
    if (examined.pick) {
      found.pick = { ...examined.pick, index: from + i };
      break;
    }
  }
  return found;
}

interface Examined {
  expired: number;
  refused: number;
  /** The entry's new text. */
  text: string | undefined;
  pick?: Omit<Picked, "index">;
}

/** Decides what becomes of an entry; undefined for one that is not understood and therefore stays unchanged. */
function examineEntry(bytes: string, nowMs: number, refused: string | undefined): Examined | undefined {
  const entry = readEntry(bytes);
  if (!entry.readable) return undefined;
  const { codes } = entry;
  const isExpired = (code: PushCode) => code.expireMs <= nowMs;
  const keep = [...codes.keys()].filter((k) => !isExpired(codes[k]!) && codes[k]!.formId !== refused);
  const expired = codes.filter(isExpired).length;
  const counts = { expired, refused: codes.length - keep.length - expired };
  if (keep.length === 0) return { ...counts, text: undefined };
  const kept = keep.map((k) => codes[k]!);
  const text = keepCodes(bytes, codes, keep);
  if (text === undefined) return undefined;
  const at = kept.findIndex(({ wellFormed }) => wellFormed);
  return at < 0 ? { ...counts, text } : pickCode(text, kept, at, counts);
}

function pickCode(
  text: string,
  codes: PushCode[],
  at: number,
  counts: { expired: number; refused: number },
): Examined | undefined {
  const taken = takeUse(text, codes, at);
  if (!taken) return undefined;
  const code = codes[at]!;
  const others = codes.filter(({ wellFormed }, k) => k !== at && wellFormed).length;
  const leaves = others + ((code.uses ?? 1) > 1 ? 1 : 0);
  const source = taken.rest === undefined ? "" : text;
  return { ...counts, text: taken.rest, pick: { code, k: at + 1, own: taken.own, source, leaves } };
}

/** An entry without its expired codes, and their number; undefined for one that is not understood. */
export function dropExpired(
  bytes: string,
  nowMs: number,
): { text: string | undefined; expired: number } | undefined {
  const entry = readEntry(bytes);
  if (!entry.readable) return undefined;
  const { codes } = entry;
  const keep = [...codes.keys()].filter((k) => codes[k]!.expireMs > nowMs);
  const expired = codes.length - keep.length;
  if (keep.length === 0) return { text: undefined, expired };
  const text = keepCodes(bytes, codes, keep);
  return text === undefined ? undefined : { text, expired };
}

/** A pool entry that holds something to send a message with. */
export interface Stock {
  index: number;
  was: string;
  /** Valid codes; infinite for a consent that no message spends. */
  valid: number;
  /** When the first of them expires, epoch ms; 0: never. */
  expireMs: number;
}

/**
 * The entries with valid codes among the given ones, which start at index `from` of the pool, until `enough` codes are
 * found.
 */
export function findValid(
  entries: readonly (string | undefined)[],
  from: number,
  nowMs: number,
  enough: number,
): Stock[] {
  return collectStocks(entries, from, enough, (bytes) => {
    const entry = readEntry(bytes);
    if (!entry.readable) return undefined;
    const codes = entry.codes.filter((code) => codeState(code, nowMs) === "valid");
    return { valid: codes.length, expireMs: Math.min(...codes.map((code) => code.expireMs)) };
  });
}

/**
 * Collects what `stockOf` finds in entries from index `from` on, until there are `enough`; skips entries without anything
 * valid.
 */
export function collectStocks(
  entries: readonly (string | undefined)[],
  from: number,
  enough: number,
  stockOf: (bytes: string) => Omit<Stock, "index" | "was"> | undefined,
): Stock[] {
  const stocks: Stock[] = [];
  let sum = 0;
  for (const [i, was] of entries.entries()) {
    if (sum >= enough) break;
    const stock = was === undefined ? undefined : stockOf(was);
    if (was === undefined || !stock || stock.valid === 0) continue;
    sum += stock.valid;
    stocks.push({ index: from + i, was, ...stock });
  }
  return stocks;
}
