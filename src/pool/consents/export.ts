import { consentState, readConsent } from "../consent.ts";
import { type EntryLine, toEntryLine } from "../export.ts";
import { walkEntries } from "../export-walk.ts";
import { poolOfName } from "./name.ts";
import type { ConsentStore } from "./ports.ts";

/** A line of an export: a consent, or an entry byte for byte. `pool import` reads both. */
export type ConsentExportLine = ConsentLine | ConsentEntryLine;

export interface ConsentLine {
  openId: string;
  templateId: string;
  consent: string;
  /** Epoch ms. */
  at: number;
  standing?: true;
}

export type ConsentEntryLine = EntryLine & { templateId: string };

export interface ConsentExportTotals {
  pools: number;
  consents: number;
  /** Lines that hold an entry byte for byte. */
  entries: number;
  /** Left out: past the maximum age. */
  expired: number;
  /** Left out: entries too long for a line that import would read. */
  tooLong: number;
}

export interface ConsentExportOptions {
  /** A glob on the openId. */
  match?: string | undefined;
  /** Every entry byte for byte, whatever it holds. */
  raw: boolean;
  write(lines: ConsentExportLine[]): Promise<void>;
  onStep?: ((totals: ConsentExportTotals) => void) | undefined;
  signal: AbortSignal;
}

/** Exports the contents of consent pools, as `exportPools` does for pools of codes. */
export async function exportConsents(
  store: ConsentStore,
  options: ConsentExportOptions,
): Promise<ConsentExportTotals> {
  const totals: ConsentExportTotals = { pools: 0, consents: 0, entries: 0, expired: 0, tooLong: 0 };
  const terms = { nowMs: await store.now(), maxAgeMs: store.maxAgeMs };
  return walkEntries(store, options, totals, (name, raw) => {
    const line = lineOf(name, raw, options.raw ? undefined : terms, totals);
    return line ? [line] : [];
  });
}

/** Without `terms`: byte for byte. */
function lineOf(
  name: string,
  raw: string,
  terms: { nowMs: number; maxAgeMs: number | undefined } | undefined,
  totals: ConsentExportTotals,
): ConsentExportLine | undefined {
  const entry = terms && readConsent(raw);
  if (!entry?.readable) {
    const line = toConsentEntryLine(name, raw);
    totals[line ? "entries" : "tooLong"]++;
    return line;
  }
  const { id, atMs, standing } = entry.consent;
  if (consentState(entry.consent, terms!) === "expired") {
    totals.expired++;
    return undefined;
  }
  totals.consents++;
  return { ...poolOfName(name), consent: id, at: atMs, ...(standing ? { standing } : {}) };
}

/** An entry (latin1) of a pool as a line of NDJSON; undefined when it is longer than import would read. */
export function toConsentEntryLine(name: string, raw: string): ConsentEntryLine | undefined {
  const { openId, templateId } = poolOfName(name);
  const line = toEntryLine(openId, raw);
  return line && { ...line, templateId };
}
