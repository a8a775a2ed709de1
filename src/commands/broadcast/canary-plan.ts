import type { Audience } from "../../broadcast/audience.ts";
import { type Canary, isInCanary } from "../../broadcast/canary.ts";
import type { Message } from "../../broadcast/channel.ts";
import { draw } from "../../broadcast/draw.ts";
import type { DryRun } from "../../broadcast/dry-run.ts";
import { makeChoice } from "../../broadcast/policy.ts";
import { usageError } from "../../errors.ts";
import type { Deps } from "../deps.ts";
import type { CanaryWish } from "./canary-flags.ts";
import type { CanaryCount } from "./canary-words.ts";
import { countCodes, noneReachable } from "./count.ts";
import type { Filters } from "./filters.ts";
import { countUsers } from "./question.ts";

/** Whom a broadcast is for, as far as it is counted here. */
interface Counted {
  audience: Audience;
  message: Message;
  limit: number | undefined;
  filters: Pick<Filters, "policy" | "choice"> | undefined;
}

/**
 * The canary of a broadcast. A count of users becomes the share below which so many of those who can be sent to now are
 * drawn, for which they are counted. Rejects with `usage` when the canary would be everybody, with `nothing` when there
 * is nobody.
 */
export async function fixCanary(
  deps: Deps,
  { size, ...rules }: CanaryWish,
  seed: string,
  counted: Omit<Counted, "limit">,
): Promise<Canary> {
  if ("share" in size) return { ...rules, share: size.share, seed };
  const draws = new SmallestDraws(size.count + 1);
  const { tally } = await countCodes(deps, { ...counted, limit: undefined }, (openId) =>
    draws.add(draw(seed, "canary", openId)),
  );
  const share = draws.largest;
  if (share !== undefined) return { ...rules, share, seed };
  const { sent } = tally.outcomes;
  if (sent === 0) throw await noneReachable(deps, counted.message, tally);
  throw usageError(
    `--canary ${size.count}: only ${countUsers(sent)} can be sent to, so nobody would follow it`,
    "use a smaller count, or a share such as --canary 10%",
  );
}

/** Counts the canary's users as the broadcast would send to them. `dryRun`: the count of everybody. */
export async function countCanary(
  deps: Deps,
  canary: Canary | undefined,
  counted: Counted,
  dryRun: DryRun,
): Promise<CanaryCount | undefined> {
  if (!canary) return undefined;
  const { filters } = counted;
  const policy = filters?.policy ?? {};
  const choice = {
    ...(filters?.choice ?? makeChoice(policy, undefined)),
    only: (openId: string) => isInCanary(canary, openId),
  };
  const first = await countCodes(deps, { ...counted, filters: { policy, choice } });
  const users = first.tally.outcomes.sent;
  const others = Math.max(0, dryRun.tally.outcomes.sent - users);
  return { share: canary.share, seed: canary.seed, users, others };
}

/** The `size` smallest of many draws, each of which may come again. */
class SmallestDraws {
  private readonly size: number;
  private draws = new Set<number>();

  constructor(size: number) {
    this.size = size;
  }

  add(one: number): void {
    this.draws.add(one);
    // Sorted seldom, so that each costs little.
    if (this.draws.size > 2 * this.size + 1000) this.draws = new Set(this.sorted());
  }

  /** Undefined while there are fewer. */
  get largest(): number | undefined {
    return this.sorted()[this.size - 1];
  }

  private sorted(): number[] {
    return [...this.draws].sort((a, b) => a - b).slice(0, this.size);
  }
}
