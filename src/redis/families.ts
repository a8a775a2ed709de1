import type { PushCode } from "../pool/code.ts";
import { type EntryEdit, type Found, findCode, findValid, type Stock } from "../pool/find-code.ts";
import { findAllConsents, findConsent, findValidConsents } from "../pool/find-consent.ts";
import { mayBringSeveral } from "./ledger-record.ts";

/** What a claim takes, and how it knows one: the kinds of permissions that pools hold. */
export interface Family {
  /** The short way of claim-codes.lua: plain codes, plain consents, none at all. */
  readonly shortWay: "1" | "2" | "3";
  /** Without pools, nothing under their keys matters. */
  readonly hasPools: boolean;
  /** How many entries of a pool to look at for the first one, at least. */
  readonly firstRead: number;
  /** Consents of that age, ms, hold no more; 0: they hold for ever. */
  readonly maxAgeMs: number;
  /** The first permission that a message can be sent with; see `findCode`. */
  find(entries: readonly (string | undefined)[], from: number, nowMs: number, refused?: string): Found;
  /** Entries that let messages be sent; see `findValid`. */
  findValid(entries: readonly (string | undefined)[], from: number, nowMs: number, enough: number): Stock[];
  /** What goes when the platform says that the user has no such permission. */
  findAll(entries: readonly (string | undefined)[], from: number): EntryEdit[];
  /** Whether an attempt with it whose outcome is not known must not be repeated. */
  isOnceOnly(code: PushCode): boolean;
}

export const CODES: Family = {
  shortWay: "1",
  hasPools: true,
  firstRead: 1,
  maxAgeMs: 0,
  find: findCode,
  findValid,
  findAll: () => [],
  isOnceOnly: mayBringSeveral,
};

/** `maxAgeMs`: a team's own rule; the platform has none. */
export function consentFamily(maxAgeMs: number | undefined): Family {
  return {
    shortWay: "2",
    hasPools: true,
    // Among so many a standing one goes before the others, in claim-codes.lua as well.
    firstRead: 16,
    maxAgeMs: maxAgeMs ?? 0,
    // None is ever refused by itself: an answer that one is of no use (43101) clears the whole pool (`settleClearing`), and no
    // answer to a message that spends consents asks for another one.
    find: (entries, from, nowMs) => findConsent(entries, from, nowMs, maxAgeMs),
    findValid: (entries, from, nowMs, enough) =>
      findValidConsents(entries, from, { nowMs, maxAgeMs }, enough),
    findAll: findAllConsents,
    isOnceOnly: () => true,
  };
}

/** The id of no permission, in records. */
const NO_PERMISSION = "-";

/** For teams that keep no consents: whoever is asked for may be sent to, and the platform alone knows better. */
export const NO_POOL: Family = {
  shortWay: "3",
  hasPools: false,
  firstRead: 1,
  maxAgeMs: 0,
  find: (_, from) => ({
    expired: 0,
    refused: 0,
    unreadable: 0,
    edits: [],
    pick: {
      code: { formId: NO_PERMISSION, expireMs: 0, wellFormed: true },
      index: from,
      k: 1,
      own: "",
      source: NO_PERMISSION,
      leaves: Number.POSITIVE_INFINITY,
    },
  }),
  findValid: (_, from) => [{ index: from, was: "", valid: Number.POSITIVE_INFINITY, expireMs: 0 }],
  findAll: () => [],
  isOnceOnly: () => true,
};
