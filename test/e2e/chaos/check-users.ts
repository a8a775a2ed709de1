import type { Left } from "./aftermath.ts";
import {
  candidates,
  type Entry,
  entriesAfter,
  type Place,
  renderEntry,
  type User,
  withoutExpired,
} from "./pools.ts";

/** Requests with one code before the outcome is called unknown (design, section 5). */
const MAX_ATTEMPTS = 8;

/** What is true of one user, and from whom it is known. */
export interface Case {
  user: User;
  left: Left;
  /** Whether the broadcast is for this user. */
  addressed: boolean;
  /** FormIds with which the user was reached: the platform's word. */
  deliveries: string[];
  /** Unknown outcomes were tried again, as the operator asked: a code with several uses may bring a second message. */
  retried: boolean;
  /** A purge went over all pools. */
  purged: boolean;
  /** A refused code tells that an earlier attempt with it arrived (41029). Baidu's refusals do not tell that. */
  refusalTells: boolean;
  /** Requests with a formId: the platform's word. */
  tries(formId: string): number;
}

/** What is wrong with a user, one line each. */
export function checkUser(one: Case): string[] {
  const { user, left, addressed } = one;
  const entries = [...user.entries, ...user.pushed];
  if (!addressed) return checkUntouched(one, entries);
  const taken = findTaken(left, entries);
  return [
    ...checkKeys(left),
    ...checkOutcome(one, taken),
    ...checkDeliveries(one, taken),
    ...checkNobodyLost(one, entries, taken),
    ...checkPool(one, entriesAfter(entries, taken)),
  ];
}

/** The code that the record says it ended with. */
function findTaken({ settled }: Left, entries: Entry[]): Place | undefined {
  return candidates(entries).find(({ code }) => code.formId === settled?.formId);
}

function checkUntouched(one: Case, entries: Entry[]): string[] {
  const { left, deliveries } = one;
  return [
    ...(deliveries.length > 0 ? ["not in the audience, but got a message"] : []),
    ...(left.record === undefined ? [] : ["not in the audience, but has a record"]),
    ...checkPool(one, entries),
  ];
}

function checkKeys({ pool, poolTtlMs, record, ledgerTtlMs }: Left): string[] {
  return [
    ...(pool.length > 0 && poolTtlMs !== -1 ? ["the pool was given a lifetime"] : []),
    ...(record !== undefined && ledgerTtlMs <= 0 ? ["the ledger has no lifetime"] : []),
  ];
}

const OUTCOMES = ["sent", "unknown", "no_code"];

/** The outcome has to follow from what the platform saw of the code. */
function checkOutcome(
  { left: { settled }, deliveries, refusalTells, tries }: Case,
  taken: Place | undefined,
): string[] {
  if (!settled) return [];
  const { outcome, formId, attempts } = settled;
  if (outcome === "claimed") return ["the record is still claimed"];
  if (!OUTCOMES.includes(outcome)) return [`the outcome is ${outcome}, for which there was no cause`];
  if (outcome === "no_code") return formId === undefined ? [] : ["no_code, but the record names a code"];
  if (!taken) return [`${outcome} with ${formId}, which was never in this pool`];
  const { kind } = taken.code;
  if (outcome === "sent") {
    // Used up behind our back, and the first answer was lost or the first run killed: 41029 then means "delivered"
    // to any sender, as nobody but the user can tell.
    if (kind === "used-up" && tries(taken.code.formId) > 0) return [];
    return deliveries.length > 0 ? [] : ["counted as sent, but got no message"];
  }
  const isRefused = !refusalTells && deliveries.length > 0;
  if (kind === "good" && attempts < MAX_ATTEMPTS && !isRefused)
    return [`unknown after ${attempts} attempts only`];
  return [];
}

function checkDeliveries({ left, deliveries, retried }: Case, taken: Place | undefined): string[] {
  const most = retried && taken?.code.kind === "multi" ? 2 : 1;
  if (deliveries.length > most) return [`got ${deliveries.length} messages`];
  const [formId] = deliveries;
  if (formId === undefined) return [];
  if (!left.settled) return ["got a message, but has no record"];
  return formId === taken?.code.formId ? [] : [`got a message by ${formId}, which the record does not name`];
}

/** Whoever had a code that works got the message, unless the last word on it is an honest "unknown". */
function checkNobodyLost({ user, deliveries }: Case, entries: Entry[], taken: Place | undefined): string[] {
  // A code that the backend pushed may have come too late.
  const untilTaken = candidates(taken ? entries : user.entries);
  for (const { code } of untilTaken) {
    if (code.formId === taken?.code.formId) break;
    if (code.kind === "good" || code.kind === "multi") {
      return [
        deliveries.length > 0 ? `passed over ${code.formId}` : `had ${code.formId}, and got no message`,
      ];
    }
  }
  return [];
}

function checkPool({ left: { pool }, purged }: Case, entries: Entry[]): string[] {
  const expected = (purged ? withoutExpired(entries) : entries).map(renderEntry);
  if (pool.length === expected.length && pool.every((bytes, i) => bytes === expected[i])) return [];
  return [`the pool is ${JSON.stringify(pool)}, and should be ${JSON.stringify(expected)}`];
}
