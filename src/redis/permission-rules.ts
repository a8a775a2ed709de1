import type { PushCode } from "../pool/code.ts";
import { type EntryEdit, type Found, findCode, findValid, type Stock } from "../pool/find-code.ts";
import { findAllConsents, findConsent, findValidConsents } from "../pool/find-consent.ts";
import { mayBringSeveral } from "./ledger-record.ts";

/** A kind of permission that pools hold: what a claim takes, and how it recognizes one. */
export interface PermissionRules {
  /** The fast path of claim-codes.lua: plain codes, plain consents, or no permission at all. */
  readonly fastPath: "1" | "2" | "3";
  /** Without pools, the keys of pools are ignored. */
  readonly hasPools: boolean;
  /** Minimum number of pool entries to read in search of the first permission. */
  readonly firstRead: number;
  /** Maximum age of a consent, ms; 0: consents never expire. */
  readonly maxAgeMs: number;
  /** The first permission that a message can be sent with; see `findCode`. */
  find(entries: readonly (string | undefined)[], from: number, nowMs: number, refused?: string): Found;
  /** The entries that hold permissions to send messages with; see `findValid`. */
  findValid(entries: readonly (string | undefined)[], from: number, nowMs: number, enough: number): Stock[];
  /** What to remove when the platform says that the user has no such permission. */
  findAll(entries: readonly (string | undefined)[], from: number): EntryEdit[];
  /** Whether an attempt with unknown outcome must not be repeated with it. */
  mustNotRepeat(code: PushCode): boolean;
}

export const CODE_RULES: PermissionRules = {
  fastPath: "1",
  hasPools: true,
  firstRead: 1,
  maxAgeMs: 0,
  find: findCode,
  findValid,
  findAll: () => [],
  mustNotRepeat: mayBringSeveral,
};

/** `maxAgeMs`: a team's own rule; the platform has none. */
export function consentRules(maxAgeMs: number | undefined): PermissionRules {
  return {
    fastPath: "2",
    hasPools: true,
    // A standing consent among this many entries is preferred to the others, in claim-codes.lua as well.
    firstRead: 16,
    maxAgeMs: maxAgeMs ?? 0,
    // No single consent is ever refused: an answer that the user has not consented (43101) clears the whole pool
    // (`settleClearing`), and no answer to a message that spends consents asks for another one.
    find: (entries, from, nowMs) => findConsent(entries, from, nowMs, maxAgeMs),
    findValid: (entries, from, nowMs, enough) =>
      findValidConsents(entries, from, { nowMs, maxAgeMs }, enough),
    findAll: findAllConsents,
    mustNotRepeat: () => true,
  };
}

/** The id of no permission, in records. */
const NO_PERMISSION = "-";

/** For teams that keep no consents: any requested user may be sent to, and only the platform knows better. */
export const NO_POOL_RULES: PermissionRules = {
  fastPath: "3",
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
  mustNotRepeat: () => true,
};
