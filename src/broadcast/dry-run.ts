import type { Clock } from "../clock.ts";
import type { AudiencePage, Row } from "./audience.ts";
import type { Message } from "./channel.ts";
import { sumOutcomes, Tally, UNREADABLE } from "./outcome.ts";
import { mergeFiltered, type Policy } from "./policy.ts";
import type { Ledger } from "./ports.ts";
import type { BroadcastResult } from "./record.ts";
import { type Schedule, toScheduleDocument } from "./schedule.ts";
import { toVariantResults } from "./variant-totals.ts";
import type { Assignment } from "./variants.ts";

const BATCH = 128;

export interface DryRun {
  tally: Tally;
  /** Of the users who would be sent to: how many are left with 0, 1, 2, and 3 or more valid codes. */
  left: [none: number, one: number, two: number, more: number];
  /** The first message that would go out. */
  sample?: Record<string, unknown>;
  /** The same of each variant; empty without variants. */
  samples: (Record<string, unknown> | undefined)[];
}

/**
 * What a broadcast would do, counted with the claim script in read-only mode: exact counts, no request, no change in
 * Redis. A user who would be sent to counts as sent.
 */
export async function countAudience(
  ledger: Ledger,
  audience: AsyncIterable<AudiencePage>,
  render: (openId: string, permission: string, row?: Row) => Record<string, unknown>,
  limit = Number.POSITIVE_INFINITY,
  onStep?: (tally: Tally) => void,
  onReachable?: (openId: string) => void,
  assignment?: Assignment,
): Promise<DryRun> {
  const dryRun: DryRun = { tally: new Tally(assignment), left: [0, 0, 0, 0], samples: [] };
  const { outcomes, codes } = dryRun.tally;
  for await (const { openIds, rows } of audience) {
    for (let at = 0; at < openIds.length && outcomes.sent < limit; ) {
      const batch = openIds.slice(at, at + Math.min(BATCH, limit - outcomes.sent));
      const first = at;
      at += batch.length;
      for (const [i, reply] of (await ledger.claim(batch)).entries()) {
        if (reply.status === "claimed") {
          dryRun.tally.count(reply.openId, "sent");
          onReachable?.(reply.openId);
          if (!reply.standing) codes.spent++;
          codes.expired += reply.expired;
          dryRun.left[Math.min(reply.left ?? 0, 3) as 0 | 1 | 2 | 3]++;
          const row = rows?.[first + i];
          dryRun.sample ??= render(reply.openId, reply.formId, row);
          if (assignment)
            dryRun.samples[assignment.placeOf(reply.openId)] ??= render(reply.openId, reply.formId, row);
        } else if (reply.status === "settled") {
          outcomes.skipped++;
        } else if (reply.status === "excluded") {
          dryRun.tally.countExcluded(reply.by);
        } else if (reply.status !== "elsewhere") {
          dryRun.tally.count(reply.openId, "no_code");
          if (reply.status === "no_code") {
            codes.expired += reply.expired;
            if (reply.unreadable) dryRun.tally.countError(undefined, UNREADABLE);
          }
          if (reply.status === "wrong") dryRun.tally.countError(undefined, reply.why);
        }
      }
      onStep?.(dryRun.tally);
    }
    if (outcomes.sent >= limit) break;
  }
  return dryRun;
}

/** The same as the JSON document of `broadcast`. */
export function dryRunResult(
  { tally }: DryRun,
  {
    message,
    invalid,
    startedAtMs,
    schedule,
    policy,
  }: {
    message: Message;
    invalid: number;
    startedAtMs: number;
    policy: Policy | undefined;
    schedule?: Schedule | undefined;
  },
  clock: Clock,
): Omit<BroadcastResult, "broadcastId"> & { dryRun: true } {
  const nowMs = clock.now();
  const outcomes = { ...tally.outcomes, invalid };
  const filtered = mergeFiltered(policy, [tally.filtered]);
  return {
    status: "finished",
    templateId: message.templateId,
    recipients: sumOutcomes(outcomes),
    toGo: tally.outcomes.sent,
    outcomes,
    ...(message.variants
      ? { variants: toVariantResults(message.variants, tally.byVariant?.outcomes ?? []) }
      : {}),
    ...(filtered ? { filtered } : {}),
    codes: { ...tally.codes },
    errors: tally.errors,
    open: 0,
    ...(schedule ? { schedule: toScheduleDocument(schedule) } : {}),
    startedAt: new Date(startedAtMs).toISOString(),
    finishedAt: new Date(nowMs).toISOString(),
    durationMs: nowMs - startedAtMs,
    sentPerSecond: null,
    dryRun: true,
  };
}
