import type { BroadcastResult } from "../../../src/broadcast/record.ts";
import type { Aftermath, Left } from "./aftermath.ts";
import { isBystander } from "./check-ends.ts";
import { entriesAfter } from "./pools.ts";
import { standingOf } from "./standing.ts";
import type { World } from "./world.ts";

/** What the whole broadcast came to. A user without a code may or may not have been met as one: a range. */
export interface Truth {
  sent: number;
  unknown: number;
  /** Users who gave no consent, as the platform says. */
  rejected: number;
  noCode: { least: number; most: number };
  /** Messages that reached somebody: the platform's count. */
  delivered: number;
}

export function findTruth(world: World, { users }: Aftermath): Truth {
  const truth: Truth = { sent: 0, unknown: 0, rejected: 0, noCode: { least: 0, most: 0 }, delivered: 0 };
  for (const left of users) {
    truth.delivered += world.api.platform.deliveries.get(left.openId)?.length ?? 0;
    if (!world.audience.has(left.openId)) continue;
    const outcome = left.settled?.outcome;
    if (outcome === "sent") truth.sent++;
    else if (outcome === "unknown") truth.unknown++;
    else if (outcome === "rejected") truth.rejected++;
    else {
      const chance = noCodeChance(world, left);
      if (chance === "sure") truth.noCode.least++;
      if (chance !== "none") truth.noCode.most++;
    }
  }
  return truth;
}

/**
 * Whether a user without a code counts as a recipient. One who is listed, or has a record, does. Others are met by
 * their pool: one that is left, or one that the broadcast itself emptied of expired codes, perhaps in an earlier run.
 * Whoever got a new code from the backend meanwhile is no longer without.
 */
function noCodeChance({ plan, users }: World, { openId, record }: Left): "sure" | "perhaps" | "none" {
  const { entries = [], pushed = [] } = users.get(openId) ?? {};
  if (record !== undefined) return "sure";
  if (pushed.length > 0) return "perhaps";
  if (plan.kind === "listed" || standingOf(plan.kind)?.isListed) return "sure";
  if (entriesAfter(entries, undefined).length > 0) return "sure";
  return entries.length > 0 ? "perhaps" : "none";
}

/** The totals of the last document and of the broadcast's record, against the truth. */
export function checkTotals(world: World, aftermath: Aftermath): string[] {
  const truth = findTruth(world, aftermath);
  const { status, result } = aftermath;
  const spent = standingOf(world.plan.kind) ? 0 : truth.sent + truth.unknown;
  // Killed between the record's end and its own, the run that finished it has printed nothing.
  const workers = world.ends.filter((end) => !isBystander(end));
  const printed = workers.findLast(({ document }) => document?.status === "finished")?.document;
  const shown = world.ends.find(({ args }) => args[1] === "show")?.document;
  return [
    ...(status === "finished" ? [] : [`the broadcast is ${status}, not finished`]),
    ...(truth.delivered === world.api.platform.tally.delivered ? [] : ["somebody unheard of got a message"]),
    ...(result ? compare("the record", result, truth, spent) : ["the record has no result"]),
    ...(printed ? compare("the last document", printed, truth, spent) : []),
    ...(shown ? compare("broadcast show", shown, truth, spent) : []),
  ];
}

function compare(
  name: string,
  { recipients, outcomes, codes, open }: BroadcastResult,
  truth: Truth,
  spent: number,
): string[] {
  const { sent, unknown, rejected, noCode } = truth;
  const { suppressed, held_out, capped } = outcomes;
  const withheld = suppressed + held_out + capped;
  const sum =
    outcomes.sent + outcomes.no_code + outcomes.rejected + outcomes.failed + outcomes.unknown + withheld;
  const wrong = (what: string, said: number, least: number, most = least) =>
    said >= least && said <= most
      ? []
      : [`${name} says ${what} ${said}, and it is ${least === most ? least : `${least} to ${most}`}`];
  return [
    ...wrong("sent", outcomes.sent, sent),
    ...wrong("unknown", outcomes.unknown, unknown),
    ...wrong("failed", outcomes.failed, 0),
    ...wrong("rejected", outcomes.rejected, rejected),
    ...wrong("no_code", outcomes.no_code, noCode.least, noCode.most),
    ...wrong("recipients", recipients, sum),
    ...wrong("open", open, 0),
    ...wrong("codes spent", codes.spent, spent),
  ];
}
