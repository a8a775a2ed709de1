import type { Choice } from "../broadcast/policy.ts";
import type { ClaimReply } from "../broadcast/ports.ts";

export interface Parts {
  /** Who must not be messaged now, of these users and possibly more. */
  find(): Promise<ReadonlySet<string>>;
  /** Whom the broadcast is for. */
  choice: Choice | undefined;
  claim(openIds: string[]): Promise<ClaimReply[]>;
  /** Claims nothing: finds out what is to be done about a record that they may have. */
  claimNothing(openIds: string[]): Promise<ClaimReply[]>;
}

/** Claims for those who are not suppressed. One reply per openId, in order. */
export async function claimUnsuppressed(
  { find, choice, claim, claimNothing }: Parts,
  openIds: string[],
): Promise<ClaimReply[]> {
  const found = await find();
  if (found.size === 0) return claim(openIds);
  const isSuppressed = (openId: string) => found.has(openId) && !isFilteredOut(choice, openId);
  const theirs = openIds.map(isSuppressed);
  const [others, suppressed] = await Promise.all([
    claim(openIds.filter((_, i) => !theirs[i])),
    claimNothing(openIds.filter((_, i) => theirs[i])),
  ]);
  const next = { others: 0, suppressed: 0 };
  return theirs.map((is) => (is ? suppressed[next.suppressed++]! : others[next.others++]!));
}

/** Who is not in the audience is not suppressed either; whoever is held out is in it. */
function isFilteredOut(choice: Choice | undefined, openId: string): boolean {
  const by = choice?.leavesOut(openId);
  return by !== undefined && by !== "held_out";
}
