import { type Aftermath, type Left, readAftermath } from "../aftermath.ts";
import { isBystander } from "../check-ends.ts";
import type { Case } from "../check-users.ts";
import { candidates, type Entry, entriesAfter, renderEntry, type User } from "../pools.ts";
import type { World } from "../world.ts";
import { findRobbed } from "./consents.ts";

/** What is wrong with a user when all is over, one line each. */
export function checkConsentUser({ user, left, deliveries }: Case): string[] {
  return [
    ...checkTruth(left, deliveries, true),
    ...checkOutcome(user, left, deliveries),
    ...checkPool(user, left),
    ...(left.record !== undefined && left.ledgerTtlMs <= 0 ? ["the ledger has no lifetime"] : []),
  ];
}

/** Nobody twice, nobody `sent` without a message, and nobody who got one is called anything else but perhaps unknown. */
function checkTruth({ settled }: Left, deliveries: string[], told: boolean): string[] {
  const outcome = settled?.outcome;
  const honest = told ? ["sent"] : ["sent", "unknown"];
  return [
    ...(deliveries.length > 1 ? [`got ${deliveries.length} messages`] : []),
    ...(deliveries.length > 0 && !honest.includes(outcome ?? "") ? [`got a message, but is ${outcome}`] : []),
    ...(deliveries.length === 0 && outcome === "sent" ? ["counted as sent, but got no message"] : []),
  ];
}

function checkOutcome(user: User, { settled }: Left, deliveries: string[]): string[] {
  const [first] = candidates(user.entries);
  if (!first)
    return !settled || settled.outcome === "no_code" ? [] : [`${settled.outcome} without a consent`];
  if (settled?.formId !== undefined && settled.formId !== first.code.formId)
    return [`the record names ${settled.formId}, which is not the oldest`];
  if (first.code.kind === "good") return deliveries.length > 0 ? [] : ["had a consent, and got no message"];
  // An answer that was lost may have been a delivery, for all that a sender can know.
  return ["rejected", "unknown"].includes(settled?.outcome ?? "")
    ? []
    : [`refused, but is ${settled?.outcome}`];
}

function checkPool({ entries }: User, { pool, poolTtlMs, settled }: Left): string[] {
  const expected = leftOf(entries, settled?.outcome).map(renderEntry);
  const same = pool.length === expected.length && pool.every((bytes, i) => bytes === expected[i]);
  return [
    ...(pool.length > 0 && poolTtlMs !== -1 ? ["the pool was given a lifetime"] : []),
    ...(same ? [] : [`the pool is ${JSON.stringify(pool)}, and should be ${JSON.stringify(expected)}`]),
  ];
}

/** A refusal takes all consents with it, and nothing else; a message the oldest. */
export function leftOf(entries: Entry[], outcome: string | undefined): Entry[] {
  if (outcome === "rejected") return entries.filter(({ codes }) => codes.length === 0);
  const [first] = candidates(entries);
  return outcome === undefined || outcome === "no_code" ? entries : entriesAfter(entries, first);
}

/** What is wrong at a halt on the way. `told`: all receipts are in, so that who got a message is known to have. */
export async function checkHalt(world: World, when: string, told: boolean): Promise<string[]> {
  const { users } = await readAftermath(world);
  const wrongs = users.flatMap((left) =>
    checkTruth(left, world.api.platform.deliveries.get(left.openId) ?? [], told).map(
      (wrong) => `${when}: ${left.openId} ${wrong}`,
    ),
  );
  return wrongs.length > 5 ? [...wrongs.slice(0, 5), `${when}: ${wrongs.length} such users`] : wrongs;
}

/** Users who could get a message, and whose outcome is unknown. */
export async function countDoubts(world: World): Promise<number> {
  const { users } = await readAftermath(world);
  return users.filter(({ openId, settled }) => {
    const [first] = candidates(world.users.get(openId)?.entries ?? []);
    return settled?.outcome === "unknown" && first?.code.kind === "good";
  }).length;
}

/** Conservation: every consent of before is left, spent or refused, and the platform agrees on what was spent. */
export async function checkConsents(world: World, { users, result }: Aftermath): Promise<string[]> {
  const { api, client, ends } = world;
  const robbed = await findRobbed(client, [...world.users.keys()]);
  const before = countConsents([...world.users.values()].flatMap(({ entries }) => entries.map(renderEntry)));
  const left = countConsents(users.flatMap(({ pool }) => pool));
  const { spent, refused } = result?.codes ?? { spent: 0, refused: 0 };
  const gone = before - left - spent;
  // What a killed run dropped since its last beat is in nobody's count.
  const killed = ends.some((end) => !isBystander(end) && end.signal === "SIGKILL");
  const { delivered, consents } = api.platform.subscriptions.summary();
  return [
    ...robbed
      .slice(0, 1)
      .map((openId) => `${robbed.length} users lost another template's consents: ${openId}`),
    ...(refused === gone || (killed && refused < gone)
      ? []
      : [`${before} consents: ${left} left, ${spent} spent, and ${refused} refused, not ${gone}`]),
    ...(result?.outcomes.sent === delivered
      ? []
      : [`${result?.outcomes.sent} sent; the platform says ${delivered}`]),
    ...(consents.used === delivered ? [] : [`the platform took ${consents.used} consents for ${delivered}`]),
  ];
}

function countConsents(pool: readonly string[]): number {
  return pool.filter((bytes) => bytes.startsWith('{"consent"')).length;
}
