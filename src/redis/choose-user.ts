import type { Choice, Exclusion, Policy } from "../broadcast/policy.ts";
import type { ClaimReply, Sighting } from "../broadcast/ports.ts";
import type { Found, Picked } from "../pool/find-code.ts";
import type { PermissionRules } from "./permission-rules.ts";
import type { UserReading } from "./read-users.ts";
import { type Behind, NOTHING_BEHIND, type Progress, sumValid } from "./take-step.ts";

/** A policy as claim-codes.lua and change-users.lua take it: JSON, or nothing. */
export function encodePolicy(policy: Policy | undefined): string {
  if (!policy) return "";
  const { notIn = [], caps = [], expiringWithinMs, minValid = 1 } = policy;
  const words = {
    ...(notIn.length > 0 ? { notIn: notIn.map(({ id }) => id) } : {}),
    ...(caps.length > 0 ? { caps: caps.map(({ count, sinceMs: since }) => ({ count, since })) } : {}),
    ...(expiringWithinMs === undefined ? {} : { within: expiringWithinMs }),
    ...(minValid > 1 ? { counts: true } : {}),
  };
  return Object.keys(words).length === 0 ? "" : JSON.stringify(words);
}

/** Claims for those whom the policy does not leave out by their openId alone. One reply per openId, in order. */
export async function claimChosen(
  choice: Choice | undefined,
  openIds: string[],
  sighting: Sighting,
  claim: (openIds: string[]) => Promise<ClaimReply[]>,
): Promise<ClaimReply[]> {
  if (!choice) return claim(openIds);
  const replies = openIds.map((openId): ClaimReply | undefined => {
    if (choice.only && !choice.only(openId)) return { status: "elsewhere", openId };
    const by = choice.leavesOut(openId);
    if (by === undefined) return undefined;
    // They have no record of this broadcast, so they are found by their pools.
    return sighting === "ledger" ? { status: "elsewhere", openId } : leftOut(openId, by);
  });
  const claimed = await claim(openIds.filter((_, i) => !replies[i]));
  let at = 0;
  return replies.map((reply) => reply ?? claimed[at++]).filter((reply) => reply !== undefined);
}

export function leftOut(openId: string, by: Exclusion): ClaimReply {
  return { status: "excluded", openId, by };
}

/** Whether a policy asks what pools hold. Then nothing is dropped from a pool before it is known that its user is chosen. */
export function looksIntoPools(policy: Policy | undefined): boolean {
  return policy !== undefined && ((policy.minValid ?? 1) > 1 || policy.expiringWithinMs !== undefined);
}

/** What a policy makes of a user who has a valid permission: taken, left out, or to be read on. */
type Verdict = { take: Behind } | { reply: ClaimReply } | { next: Progress };

/** Decides by what was read of a pool, at the permission that was found in it now or in an earlier round. */
export function chooseByPool(
  { expiringWithinMs, minValid = 1 }: Policy,
  rules: PermissionRules,
  user: Progress,
  { pool, nowMs }: Pick<UserReading, "pool" | "nowMs">,
  found: Found & { pick: Picked },
): Verdict {
  const { openId, from, pending } = user;
  const { code, index } = found.pick;
  const isLate = (withinMs: number) => code.expireMs === 0 || code.expireMs > nowMs + withinMs;
  if (expiringWithinMs !== undefined && !pending && isLate(expiringWithinMs))
    return { reply: leftOut(openId, "expiringWithin") };
  if (minValid <= 1) return { take: NOTHING_BEHIND };
  const start = Math.max(index, from);
  const before = pending?.valid ?? 0;
  const stocks = rules.findValid(pool.entries.slice(start - from), start, nowMs, minValid - before);
  const valid = before + sumValid(stocks);
  const earlier = pending?.kept ?? [];
  const kept = [...earlier, ...stocks.filter((stock) => stock.index !== index)];
  if (valid >= minValid) return { take: { kept, earlier: sumValid(earlier) } };
  if (pool.ended || pool.kind !== "list") return { reply: leftOut(openId, "minValid") };
  return { next: { ...user, from: from + pool.entries.length, pending: { found, valid, kept } } };
}
