import { sumWithheld } from "../../broadcast/outcome.ts";
import {
  FILTERS,
  type Filter,
  type Filtered,
  type Policy,
  sumFiltered,
  WITHHELD,
  type Withheld,
} from "../../broadcast/policy.ts";
import { formatCount, formatCounted, formatDuration } from "../../output/format.ts";
import type { Fact } from "../../output/output.ts";
import { formatCap } from "./caps.ts";
import { formatPercent } from "./shares.ts";

/** The options that filters are given by. */
const OPTIONS: Record<Filter, string> = {
  match: "--match",
  exclude: "--exclude-file",
  notIn: "--exclude-broadcast",
  expiringWithin: "--expiring-within",
  minValid: "--min-valid",
};

/** What each filter left out: "--match 1,000, --exclude-broadcast 234". */
export function describeFiltered(filtered: Filtered): string {
  return listFiltered(filtered)
    .map(([option, count]) => `${option} ${formatCount(count)}`)
    .join(", ");
}

/** Options and how many users each has left out, in the order in which they are looked at. */
export function listFiltered(filtered: Filtered): [option: string, count: number][] {
  return FILTERS.flatMap((name) => {
    const count = filtered[name];
    return count === undefined ? [] : [[OPTIONS[name], count] as [string, number]];
  });
}

/** The filters of a broadcast, as a fact; none without them. */
export function policyFacts(policy: Policy | undefined): Fact[] {
  if (!policy) return [];
  const { match, exclude, holdout, notIn, caps, expiringWithinMs, minValid } = policy;
  const parts = [
    ...(match === undefined ? [] : [`${OPTIONS.match} '${match}'`]),
    ...(exclude === undefined ? [] : [`${OPTIONS.exclude} (${formatCounted(exclude, "openId")})`]),
    ...(holdout ? [`--holdout ${formatPercent(holdout.share)} (seed ${holdout.seed})`] : []),
    ...(notIn === undefined ? [] : [`${OPTIONS.notIn} ${notIn.map(({ id }) => id).join(" ")}`]),
    ...(caps ? [`--cap ${caps.map(formatCap).join(" ")}`] : []),
    ...(expiringWithinMs === undefined
      ? []
      : [`${OPTIONS.expiringWithin} ${formatDuration(expiringWithinMs)}`]),
    ...(minValid === undefined ? [] : [`${OPTIONS.minValid} ${minValid}`]),
  ];
  return [["filters", parts.join(", ")]];
}

/** Whom the filters leave out. */
export function filteredFacts(filtered: Filtered | undefined): Fact[] {
  if (!filtered) return [];
  return [["excluded", sumFiltered(filtered) === 0 ? "nobody" : `by ${describeFiltered(filtered)}`]];
}

/** From how many users the message is withheld, and why; none without them. */
export function withheldFacts(outcomes: Record<Withheld, number>): Fact[] {
  return sumWithheld(outcomes) === 0 ? [] : [["withheld", describeWithheld(outcomes)]];
}

/** "held_out 12, capped 3" */
export function describeWithheld(outcomes: Record<Withheld, number>): string {
  const some = WITHHELD.filter((name) => outcomes[name] > 0);
  return some.map((name) => `${name} ${formatCount(outcomes[name])}`).join(", ");
}

/** A policy in JSON documents; a contract. */
export function toPolicyDocument(policy: Policy) {
  const { match, exclude, holdout, notIn, caps, expiringWithinMs, minValid } = policy;
  return {
    match,
    exclude,
    holdout,
    notIn: notIn?.map(({ id }) => id),
    caps: caps?.map(({ count, withinMs, sinceMs }) => ({
      count,
      withinMs,
      since: new Date(sinceMs).toISOString(),
    })),
    expiringWithinMs,
    minValid,
  };
}
