import type { Audience } from "../../broadcast/audience.ts";
import type { PermissionKind } from "../../broadcast/channel.ts";
import type { DryRun } from "../../broadcast/dry-run.ts";
import { sumWithheld } from "../../broadcast/outcome.ts";
import { mergeFiltered, sumFiltered } from "../../broadcast/policy.ts";
import { formatCount, formatCounted } from "../../output/format.ts";
import type { Fact } from "../../output/output.ts";
import { nameOf } from "../permission-words.ts";
import { filteredFacts, policyFacts, withheldFacts } from "./filter-words.ts";
import type { Filters } from "./filters.ts";
import { countUsers } from "./question.ts";

/** Whom a broadcast reaches, and what that costs. */
export function audienceFacts(
  { tally, left }: DryRun,
  {
    audience,
    limit,
    filters,
  }: { audience: Audience; limit: number | undefined; filters: Filters | undefined },
  spends: PermissionKind,
): Fact[] {
  const { sent, no_code } = tally.outcomes;
  const { spent: taken } = tally.codes;
  const whom = audience.kind === "list" ? "listed users" : "all pools";
  const upTo = limit === undefined ? "" : `, up to --limit ${formatCount(limit)}`;
  const invalid = audience.kind === "list" ? audience.invalid?.summary : undefined;
  const name = nameOf(spends);
  const reachable = spends === "none" ? "" : `, ${formatCount(sent)} with a valid ${name}`;
  const spent =
    spends === "none"
      ? "no stored permissions (--no-pool): the platform decides who accepts it"
      : `${formatCounted(taken, name)}${standingText(sent - taken)}; this leaves ${countUsers(left[0])} without a ${name}`;
  const filtered = mergeFiltered(filters?.policy, [tally.filtered]);
  const leftOut = sumFiltered(filtered);
  const withheld = sumWithheld(tally.outcomes);
  const kept = withheld > 0 ? `, ${formatCount(withheld)} withheld` : "";
  const without = leftOut > 0 ? `, ${formatCount(leftOut)} filtered out` : "";
  return [
    ...(invalid === undefined ? [] : [["warning", invalid] as Fact]),
    [
      "audience",
      `${whom}${upTo}: ${countUsers(sent + no_code + leftOut + withheld)}${without}${kept}${reachable}`,
    ],
    ...policyFacts(filters?.policy),
    ...filteredFacts(filtered),
    ...withheldFacts(tally.outcomes),
    ["spends", spent],
    ...(spends === "none" ? [] : [["leaves", describeLeft(left, name)] as Fact]),
  ];
}

/** How many of those who are sent to are left with how much: "4 users with no code, 2 users with 1 code". */
function describeLeft(left: DryRun["left"], name: string): string {
  const titles = [`no ${name}`, `1 ${name}`, `2 ${name}s`, `3 or more ${name}s`];
  const some = titles.flatMap((title, i) => {
    const users = left[i] ?? 0;
    return users > 0 ? [`${countUsers(users)} with ${title}`] : [];
  });
  return some.join(", ") || "-";
}

/** Those who are sent to by a right that no message spends. */
function standingText(users: number): string {
  return users > 0 ? `, none from ${countUsers(users)} with standing consent` : "";
}
