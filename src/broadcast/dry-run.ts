import type { Clock } from "../clock.ts";
import type { Message } from "./channel.ts";
import { Tally, UNREADABLE } from "./outcome.ts";
import type { Ledger } from "./ports.ts";
import type { BroadcastResult } from "./record.ts";

const BATCH = 128;

export interface DryRun {
  tally: Tally;
  /** Of those who would be sent to: whom it leaves without a valid code. */
  leftWithout: number;
  /** The first message that would go out. */
  sample?: Record<string, unknown>;
}

/**
 * What a broadcast would do, by the claim script in its read-only form: exact counts, no request, no change in Redis.
 * A user who would be sent to counts as sent.
 */
export async function countAudience(
  ledger: Ledger,
  audience: AsyncIterable<string[]>,
  render: (openId: string, permission: string) => Record<string, unknown>,
  limit = Number.POSITIVE_INFINITY,
  onStep?: (tally: Tally) => void,
): Promise<DryRun> {
  const dryRun: DryRun = { tally: new Tally(), leftWithout: 0 };
  const { outcomes, codes } = dryRun.tally;
  for await (const page of audience) {
    for (let at = 0; at < page.length && outcomes.sent < limit; ) {
      const batch = page.slice(at, at + Math.min(BATCH, limit - outcomes.sent));
      at += batch.length;
      for (const reply of await ledger.claim(batch)) {
        if (reply.status === "claimed") {
          outcomes.sent++;
          codes.spent++;
          codes.expired += reply.expired;
          if (reply.lastCode) dryRun.leftWithout++;
          dryRun.sample ??= render(reply.openId, reply.formId);
        } else if (reply.status === "settled") {
          outcomes.skipped++;
        } else {
          outcomes.no_code++;
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
  message: Message,
  startedAtMs: number,
  clock: Clock,
): Omit<BroadcastResult, "broadcastId"> & { dryRun: true } {
  const nowMs = clock.now();
  return {
    status: "finished",
    templateId: message.templateId,
    recipients: tally.recipients,
    toGo: tally.outcomes.sent,
    outcomes: { ...tally.outcomes },
    codes: { ...tally.codes },
    errors: tally.errors,
    open: 0,
    startedAt: new Date(startedAtMs).toISOString(),
    finishedAt: new Date(nowMs).toISOString(),
    durationMs: nowMs - startedAtMs,
    sentPerSecond: null,
    dryRun: true,
  };
}
