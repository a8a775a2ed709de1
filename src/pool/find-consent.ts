import { type Consent, type ConsentTerms, consentExpireMs, consentState, readConsent } from "./consent.ts";
import { collectStocks, type Found, type Stock } from "./find-code.ts";

/**
 * Looks for the first valid consent among the entries of a pool from index `from` on; prefers the first standing one, which
 * no message spends, if there is one. Expired ones found on the way are to be dropped; a standing one stays in place.
 * Corresponds to `findCode`.
 */
export function findConsent(
  entries: readonly (string | undefined)[],
  from: number,
  nowMs: number,
  maxAgeMs: number | undefined,
): Found {
  const found: Found = { expired: 0, refused: 0, unreadable: 0, edits: [] };
  const read = entries.map((bytes) => (bytes === undefined ? undefined : readConsent(bytes)));
  const stateOf = (consent: Consent) => consentState(consent, { nowMs, maxAgeMs });
  const hasStanding = read.some((entry) => entry?.readable && stateOf(entry.consent) === "standing");
  for (const [i, bytes] of entries.entries()) {
    const entry = read[i];
    if (bytes === undefined || !entry?.readable) {
      found.unreadable++;
      continue;
    }
    const { consent } = entry;
    const state = stateOf(consent);
    if (hasStanding && state === "valid") continue;
    const isStanding = state === "standing";
    // A standing one is edited to its own text, so that one withdrawn by the user meanwhile is not claimed.
    found.edits.push({ index: from + i, was: bytes, text: isStanding ? bytes : undefined });
    if (state === "expired") {
      found.expired++;
      continue;
    }
    const code = {
      formId: consent.id,
      expireMs: consentExpireMs(consent, maxAgeMs),
      wellFormed: true,
    };
    const taken = isStanding ? { own: "", source: bytes } : { own: bytes, source: "" };
    found.pick = { code, index: from + i, k: 1, ...taken, leaves: isStanding ? Number.POSITIVE_INFINITY : 0 };
    break;
  }
  return found;
}

/** Entries that are consents, whatever their age: these are removed when the platform says that the user has given none. */
export function findAllConsents(entries: readonly (string | undefined)[], from: number): Found["edits"] {
  return entries.flatMap((bytes, i) =>
    bytes !== undefined && readConsent(bytes).readable
      ? [{ index: from + i, was: bytes, text: undefined }]
      : [],
  );
}

/** Corresponds to `dropExpired` for codes. */
export function dropExpiredConsent(
  bytes: string,
  terms: ConsentTerms,
): { text: string | undefined; expired: number } | undefined {
  const entry = readConsent(bytes);
  if (!entry.readable) return undefined;
  const isExpired = consentState(entry.consent, terms) === "expired";
  return isExpired ? { text: undefined, expired: 1 } : { text: bytes, expired: 0 };
}

/** Corresponds to `findValid` for codes. */
export function findValidConsents(
  entries: readonly (string | undefined)[],
  from: number,
  terms: ConsentTerms,
  enough: number,
): Stock[] {
  return collectStocks(entries, from, enough, (bytes) => {
    const entry = readConsent(bytes);
    if (!entry.readable) return undefined;
    const state = consentState(entry.consent, terms);
    if (state === "expired") return undefined;
    const valid = state === "standing" ? Number.POSITIVE_INFINITY : 1;
    return { valid, expireMs: consentExpireMs(entry.consent, terms.maxAgeMs) };
  });
}
