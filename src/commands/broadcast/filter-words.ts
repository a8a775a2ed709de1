import { FILTERS, type Filter, type Filtered, type Policy, sumFiltered } from "../../broadcast/policy.ts";
import { formatCount, formatCounted, formatDuration } from "../../output/format.ts";
import type { Fact } from "./question.ts";

/** The options that filters are given by. */
const OPTIONS: Record<Filter, string> = {
  match: "--match",
  exclude: "--exclude-file",
  notIn: "--not-in",
  expiringWithin: "--expiring-within",
  minValid: "--min-valid",
};

/** What each filter left out: "--match 1,000, --not-in 234". */
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
  const { match, exclude, notIn, expiringWithinMs, minValid } = policy;
  const parts = [
    ...(match === undefined ? [] : [`${OPTIONS.match} '${match}'`]),
    ...(exclude === undefined ? [] : [`${OPTIONS.exclude} (${formatCounted(exclude, "openId")})`]),
    ...(notIn === undefined ? [] : [`${OPTIONS.notIn} ${notIn.map(({ id }) => id).join(" ")}`]),
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

/** A policy in JSON documents; a contract. */
export function toPolicyDocument({ match, exclude, notIn, expiringWithinMs, minValid }: Policy) {
  return { match, exclude, notIn: notIn?.map(({ id }) => id), expiringWithinMs, minValid };
}
