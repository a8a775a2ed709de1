import { type CodeState, codeState, type Entry, type PushCode } from "./code.ts";
import { readEntry } from "./read-entry.ts";
import { isOverlong } from "./times.ts";

/** What one pool holds, in numbers; codes, not entries: a whole list in one entry counts as its number of codes. */
export interface PoolSummary {
  valid: number;
  expired: number;
  /** Garbage instead of a formId, not yet expired. */
  invalid: number;
  /** Entries that are not understood. */
  unreadable: number;
  /** Earliest and latest expiry of the valid codes, epoch ms. */
  nextExpireMs?: number;
  lastExpireMs?: number;
}

export function emptySummary(): PoolSummary {
  return { valid: 0, expired: 0, invalid: 0, unreadable: 0 };
}

/** Adds one entry to a summary. */
export function addEntry(summary: PoolSummary, entry: Entry, nowMs: number): void {
  if (!entry.readable) {
    summary.unreadable++;
    return;
  }
  for (const code of entry.codes) {
    const state = codeState(code, nowMs);
    summary[state]++;
    if (state !== "valid") continue;
    summary.nextExpireMs = Math.min(summary.nextExpireMs ?? code.expireMs, code.expireMs);
    summary.lastExpireMs = Math.max(summary.lastExpireMs ?? code.expireMs, code.expireMs);
  }
}

/**
 * One line of `pool show`: a code, or an entry that is not understood. `overlong`: valid, but with an expiry later than
 * the platform allows.
 */
export type ShownCode =
  | { code: PushCode; state: CodeState; overlong: boolean }
  | { raw: string; state: "unreadable"; why: string; formId?: string };

/** Every code of the entries in order, oldest first; unreadable entries with their bytes (latin1). */
export function listCodes(entries: string[], nowMs: number): ShownCode[] {
  return entries.flatMap((raw): ShownCode[] => {
    const entry = readEntry(raw);
    if (!entry.readable) {
      const { readable: _, ...rest } = entry;
      return [{ raw, state: "unreadable", ...rest }];
    }
    return entry.codes.map((code) => {
      const state = codeState(code, nowMs);
      return { code, state, overlong: state === "valid" && isOverlong(code.expireMs, nowMs) };
    });
  });
}
