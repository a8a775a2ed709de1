import { codeState } from "./code.ts";
import { walkEntries } from "./export-walk.ts";
import type { PoolStore } from "./ports.ts";
import { readEntry } from "./read-entry.ts";

/** A line of an export: a code, or an entry byte for byte. `pool import` reads both. */
export type ExportLine = CodeLine | EntryLine;

export interface CodeLine {
  openId: string;
  formId: string;
  /** Epoch ms. */
  expire: number;
  /** Absent: 1. */
  uses?: number;
  /** Absent: a form. */
  scene?: number;
}

/** `raw` if the bytes are UTF-8, otherwise `rawBase64`. */
export type EntryLine = { openId: string } & ({ raw: string } | { rawBase64: string });

export interface ExportTotals {
  pools: number;
  codes: number;
  /** Lines that hold an entry byte for byte. */
  entries: number;
  /** Left out: codes that are expired, or were never valid. */
  expired: number;
  invalid: number;
  /** Left out: entries too long for a line that import would read. */
  tooLong: number;
}

export interface ExportOptions {
  /** A glob on the openId. */
  match?: string | undefined;
  /** Every entry byte for byte, whatever it holds. */
  raw: boolean;
  write(lines: ExportLine[]): Promise<void>;
  onStep?: ((totals: ExportTotals) => void) | undefined;
  signal: AbortSignal;
}

/**
 * Exports the contents of pools so that importing them into an empty Redis gives the same valid codes in the same order:
 * valid codes one by one, entries that are not understood byte for byte. Each user's lines are in the order of the pool;
 * lines of several users may be interleaved. Holds one batch of pools at a time, and of a long pool only a piece.
 */
export async function exportPools(store: PoolStore, options: ExportOptions): Promise<ExportTotals> {
  const totals: ExportTotals = { pools: 0, codes: 0, entries: 0, expired: 0, invalid: 0, tooLong: 0 };
  const nowMs = await store.now();
  const toLines = options.raw
    ? (openId: string, raw: string): ExportLine[] => rawLines(openId, raw, totals)
    : (openId: string, raw: string) => linesOf(openId, raw, nowMs, totals);
  return walkEntries(store, options, totals, toLines);
}

function linesOf(openId: string, raw: string, nowMs: number, totals: ExportTotals): ExportLine[] {
  const entry = readEntry(raw);
  if (!entry.readable) return rawLines(openId, raw, totals);
  const lines: CodeLine[] = [];
  for (const code of entry.codes) {
    const state = codeState(code, nowMs);
    if (state !== "valid") {
      totals[state]++;
      continue;
    }
    const { formId, expireMs: expire, uses, scene } = code;
    const more = {
      ...(uses === undefined || uses === 1 ? {} : { uses }),
      ...(scene === undefined ? {} : { scene }),
    };
    lines.push({ openId, formId, expire, ...more });
  }
  totals.codes += lines.length;
  return lines;
}

function rawLines(openId: string, raw: string, totals: ExportTotals): EntryLine[] {
  const line = toEntryLine(openId, raw);
  if (line) totals.entries++;
  else totals.tooLong++;
  return line ? [line] : [];
}

/** import reads lines up to 1 MiB; an entry of this size fits in base64, and with every character escaped as two. */
const LONGEST_ENTRY = 500_000;

/** An entry (latin1) as a line of NDJSON; undefined when it is longer than import would read. */
export function toEntryLine(openId: string, raw: string): EntryLine | undefined {
  if (raw.length > LONGEST_ENTRY) return undefined;
  const bytes = Buffer.from(raw, "latin1");
  const text = bytes.toString("utf8");
  // A control character takes six characters in JSON: such bytes are shorter in base64, and not readable as text anyway.
  const readable = Buffer.from(text, "utf8").equals(bytes) && !/[\x00-\x08\x0b-\x1f\x7f-\x9f]/.test(text);
  return readable ? { openId, raw: text } : { openId, rawBase64: bytes.toString("base64") };
}
