import { type ConsentTerms, consentState, readConsent } from "../pool/consent.ts";
import type { Keys } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { readPools } from "./read-pools.ts";

/** The content of a pool when it was read. */
export interface HeldConsents {
  length: number;
  /** Its last entry, latin1; "" when it is empty. */
  last: string;
  ids: Set<string>;
  /** Entries that are not consents. */
  others: Set<string>;
  /** Without standing ones. */
  valid: number;
  /** Whether it holds a standing one. */
  standing: boolean;
}

/** Reads pools with entries of any form and any length, in bounded calls. */
export async function readHeldConsents(
  link: RedisLink,
  keys: Keys,
  names: readonly string[],
  terms: ConsentTerms,
): Promise<HeldConsents[]> {
  const all = names.map(
    (): HeldConsents => ({
      length: 0,
      last: "",
      ids: new Set(),
      others: new Set(),
      valid: 0,
      standing: false,
    }),
  );
  await readPools(link, keys, names, (pieces) => {
    for (const { index, entries } of pieces) for (const raw of entries) addEntry(all[index]!, raw, terms);
  });
  return all;
}

function addEntry(held: HeldConsents, raw: string, terms: ConsentTerms): void {
  held.length++;
  held.last = raw;
  const entry = readConsent(raw);
  if (!entry.readable) {
    held.others.add(raw);
    return;
  }
  held.ids.add(entry.consent.id);
  const state = consentState(entry.consent, terms);
  if (state === "valid") held.valid++;
  if (state === "standing") held.standing = true;
}
