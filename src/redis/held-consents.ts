import { type ConsentTerms, consentState, readConsent } from "../pool/consent.ts";
import type { Keys } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { readPools } from "./read-pools.ts";

/** What a pool held when it was read. */
export interface HeldConsents {
  length: number;
  /** Its last entry, latin1; "" when it has none. */
  last: string;
  ids: Set<string>;
  /** Entries that are no consents. */
  others: Set<string>;
  /** Without those that stand. */
  valid: number;
  /** Whether one stands. */
  standing: boolean;
}

/** Reads pools of whatever entries and any length, in bounded calls. */
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
