import { readJson } from "./json-reader.ts";
import { MAX_ENTRY_BYTES } from "./read-entry.ts";
import { inRange } from "./times.ts";

/** The right to send a user one message of a template or, if standing, any number of messages until the user withdraws it. */
export interface Consent {
  /** Unique in its pool: it identifies a redelivered event and a repeated import. */
  id: string;
  /** When the user gave it, epoch ms. */
  atMs: number;
  standing: boolean;
}

/** An entry of a consent pool: a consent, or other bytes, which stay unchanged. */
export type ConsentEntry = { readable: true; consent: Consent } | { readable: false; why: string };

export type ConsentState = "valid" | "standing" | "expired";

/** As push-cli and the collector write it. */
const PLAIN = /^\{"consent":"([\x21\x23-\x5b\x5d-\x7e]{1,128})","at":([1-9]\d{12})(,"standing":true)?\}$/;

/**
 * Whether a text can be a consent's id: visible ASCII without `"` and `\`, at most 128 characters, so that it needs no
 * escaping in an entry, in a ledger record and in a message. In records, "-" alone stands for no id.
 */
export function isConsentId(text: string): boolean {
  return /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/.test(text) && text !== "-";
}

/**
 * Reads an entry (latin1): a JSON object of `consent`, `at` (epoch ms) and `standing`, in any order, with any white space,
 * and no other fields. Strict, because whatever is read as a consent is spent on a message and then gone.
 */
export function readConsent(bytes: string): ConsentEntry {
  const [, id, at, standing] = PLAIN.exec(bytes) ?? [];
  if (id !== undefined && id !== "-")
    return { readable: true, consent: { id, atMs: Number(at), standing: standing !== undefined } };
  if (bytes.length > MAX_ENTRY_BYTES) return unreadable("too long");
  const value = readJson(bytes);
  if (value?.type !== "object") return unreadable(value ? "not an object" : "not JSON");
  const { consent, at: time, standing: flag, ...others } = Object.fromEntries(value.fields);
  const [other] = Object.keys(others);
  if (other !== undefined) return unreadable("an unknown field");
  if (consent?.type !== "string" || !isConsentId(consent.value)) return unreadable("no consent id");
  if (time?.type !== "number" || !time.integer || inRange(time.value) === undefined)
    return unreadable("no time in ms");
  if (flag !== undefined && !(flag.type === "literal" && flag.text !== "null"))
    return unreadable("standing is neither true nor false");
  return {
    readable: true,
    consent: { id: consent.value, atMs: time.value, standing: flag?.text === "true" },
  };
}

function unreadable(why: string): ConsentEntry {
  return { readable: false, why };
}

/** The plain form. */
export function writeConsent({ id, atMs, standing }: Consent): string {
  return `{"consent":"${id}","at":${atMs}${standing ? ',"standing":true' : ""}}`;
}

/**
 * The maximum age of a consent, and the current time; without a maximum age it never expires, which is the platform's own
 * rule.
 */
export interface ConsentTerms {
  nowMs: number;
  maxAgeMs?: number | undefined;
}

/** When a consent, standing or not, expires by the team's own maximum age, epoch ms; 0: never. */
export function consentExpireMs({ atMs }: Consent, maxAgeMs: number | undefined): number {
  return maxAgeMs === undefined ? 0 : atMs + maxAgeMs;
}

export function consentState(consent: Consent, { nowMs, maxAgeMs }: ConsentTerms): ConsentState {
  if (maxAgeMs !== undefined && consent.atMs + maxAgeMs <= nowMs) return "expired";
  return consent.standing ? "standing" : "valid";
}
