import { type Consent, type ConsentState, type ConsentTerms, consentState, readConsent } from "../consent.ts";
import type { PoolReader } from "../read-pools.ts";
import { type ConsentPool, poolOfName } from "./name.ts";

/** What one pool of consents holds, in numbers. */
export interface ConsentSummary extends ConsentPool {
  /** Good for one message each. */
  valid: number;
  /** Consents that no message spends. */
  standing: number;
  /** Past the maximum age. */
  expired: number;
  unreadable: number;
  /** When the first and the last of the valid and standing consents were given, epoch ms. */
  oldestMs?: number;
  newestMs?: number;
}

/** Summarizes pools as they are read, by name. */
export function consentReader(terms: ConsentTerms): PoolReader<ConsentSummary> {
  return {
    start: (name) => ({ ...poolOfName(name), valid: 0, standing: 0, expired: 0, unreadable: 0 }),
    add: (summary, raw) => addEntry(summary, raw, terms),
  };
}

/** A pool without entries was emptied between the sweep and the read. */
export function countEntries({ valid, standing, expired, unreadable }: ConsentSummary): number {
  return valid + standing + expired + unreadable;
}

function addEntry(summary: ConsentSummary, raw: string, terms: ConsentTerms): void {
  const entry = readConsent(raw);
  if (!entry.readable) {
    summary.unreadable++;
    return;
  }
  const { atMs } = entry.consent;
  const state = consentState(entry.consent, terms);
  summary[state]++;
  if (state === "expired") return;
  summary.oldestMs = Math.min(summary.oldestMs ?? atMs, atMs);
  summary.newestMs = Math.max(summary.newestMs ?? atMs, atMs);
}

/** One line of `pool show`: a consent, or an entry that is not understood. */
export type ShownConsent =
  | { state: ConsentState; consent: Consent }
  | { state: "unreadable"; raw: string; why: string };

export function showEntry(raw: string, terms: ConsentTerms): ShownConsent {
  const entry = readConsent(raw);
  if (!entry.readable) return { state: "unreadable", raw, why: entry.why };
  return { state: consentState(entry.consent, terms), consent: entry.consent };
}
