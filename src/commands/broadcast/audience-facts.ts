import type { Audience } from "../../broadcast/audience.ts";
import type { PermissionKind } from "../../broadcast/channel.ts";
import type { DryRun } from "../../broadcast/dry-run.ts";
import { formatCount, formatCounted } from "../../output/format.ts";
import { nameOf } from "../permission-words.ts";
import { countUsers, type Fact } from "./question.ts";

/** Whom a broadcast reaches, and what that costs. */
export function audienceFacts(
  { tally, leftWithout }: DryRun,
  { audience, limit }: { audience: Audience; limit: number | undefined },
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
      ? "nothing that is kept here (--no-pool): the platform alone knows who takes it"
      : `${formatCounted(taken, name)}${standingText(sent - taken)}; ${countUsers(leftWithout)} then left without a ${name}`;
  return [
    ...(invalid === undefined ? [] : [["warning", invalid] as Fact]),
    ["audience", `${whom}${upTo}: ${countUsers(sent + no_code)}${reachable}`],
    ["spends", spent],
  ];
}

/** Those who are sent to by a right that no message spends. */
function standingText(users: number): string {
  return users > 0 ? `, and none of ${countUsers(users)} with a standing right` : "";
}
