import { draw } from "./draw.ts";
import type { Outcome } from "./outcome.ts";

/** How many users of a canary ended in each outcome. */
export interface CanaryFigures {
  sent: number;
  rejected: number;
  failed: number;
  unknown: number;
  /** Of those sent: messages that were not delivered, according to receipts. */
  undelivered: number;
}

/** What came of a canary. */
export interface CanaryVerdict {
  /** `passed` lets all other users have the message. */
  verdict: "passed" | "failed";
  figures?: CanaryFigures | undefined;
  /** Why it failed. */
  why?: string | undefined;
  /** Who decided, where an operator did: user@host. */
  by?: string | undefined;
}

/** How far a canary has come: the same for all runs of its broadcast. */
export interface CanaryProgress extends Partial<CanaryVerdict> {
  /** When everybody in it had an outcome, epoch ms. */
  sentAtMs?: number | undefined;
}

/** The first part of a broadcast, and how far it has come. Kept in its record for all of its runs. */
export interface Canary extends CanaryProgress {
  /** Which users are in it: those whose draw is below the share. */
  share: number;
  seed: string;
  /** How long to wait after its last send, ms. */
  waitMs: number;
  /** An operator decides whether to go on. */
  asks?: boolean | undefined;
  /** The largest shares of the canary's users, from 0 to 1, with which the broadcast goes on by itself. */
  maxFailed: number;
  maxRejected: number;
}

/** `waiting`: for the time to pass, or for an operator's decision. */
export type CanaryStage = "sending" | "waiting" | "passed" | "failed";

export function stageOf({ sentAtMs, verdict }: CanaryProgress): CanaryStage {
  return verdict ?? (sentAtMs === undefined ? "sending" : "waiting");
}

export function isInCanary({ seed, share }: Pick<Canary, "seed" | "share">, openId: string): boolean {
  return draw(seed, "canary", openId) < share;
}

/** Users of a canary to whom a message was sent, whatever came of it. */
export function countTried({ sent, rejected, failed, unknown }: CanaryFigures): number {
  return sent + rejected + failed + unknown;
}

/** Why a canary with these figures does not pass by itself; undefined when it does. */
export function judgeCanary(
  { maxFailed, maxRejected }: Pick<Canary, "maxFailed" | "maxRejected">,
  figures: CanaryFigures,
): string | undefined {
  const { rejected, failed, unknown, undelivered } = figures;
  const tried = countTried(figures);
  if (tried === 0) return "canary: nobody in it could be sent to";
  const whys = [
    whyAbove(failed + unknown, tried, maxFailed, "failed"),
    whyAbove(rejected + undelivered, tried, maxRejected, "rejected"),
  ].filter((why) => why !== undefined);
  return whys.length === 0 ? undefined : `canary: ${whys.join(", ")}`;
}

function whyAbove(count: number, of: number, most: number, what: string): string | undefined {
  if (count / of <= most) return undefined;
  return `${count} of ${of} ${what} (${percent(count / of)}, limit ${percent(most)})`;
}

/** To a tenth: "12.1%". */
function percent(share: number): string {
  return `${Math.round(share * 1000) / 10}%`;
}

/** What an operator decides by. */
export interface CanaryQuestion {
  canary: Canary;
  figures: CanaryFigures;
  /** Why it would not pass by itself. */
  why: string | undefined;
}

/**
 * Asks an operator whether the broadcast goes on; the signal ends the question. Undefined: nobody can be asked here, or
 * the question ended without an answer.
 */
export type AskCanary = (question: CanaryQuestion, signal: AbortSignal) => Promise<boolean | undefined>;

/** A canary in JSON documents; a contract. Figures that nobody has counted are null. */
export interface CanaryDocument {
  share: number;
  seed: string;
  stage: CanaryStage;
  asks: boolean;
  maxFailed: number;
  maxRejected: number;
  /** ISO 8601; null before. */
  sentAt: string | null;
  /** When it is judged, or an operator is asked. */
  waitUntil: string | null;
  sent: number | null;
  rejected: number | null;
  failed: number | null;
  unknown: number | null;
  undelivered: number | null;
  reason?: string;
  by?: string;
}

/** `outcomes`: of the whole broadcast, which are those of the canary until it is judged. */
export function toCanaryDocument(
  canary: Canary,
  outcomes: Pick<Record<Outcome, number>, "sent" | "rejected" | "failed" | "unknown"> | null,
): CanaryDocument {
  const { share, seed, asks = false, maxFailed, maxRejected, sentAtMs, waitMs, why, by } = canary;
  const isJudged = canary.verdict !== undefined;
  const known = canary.figures ?? (isJudged || !outcomes ? undefined : { ...outcomes, undelivered: null });
  const { sent = null, rejected = null, failed = null, unknown = null, undelivered = null } = known ?? {};
  return {
    ...{ share, seed, stage: stageOf(canary), asks, maxFailed, maxRejected },
    sentAt: sentAtMs === undefined ? null : new Date(sentAtMs).toISOString(),
    waitUntil: sentAtMs === undefined ? null : new Date(sentAtMs + waitMs).toISOString(),
    ...{ sent, rejected, failed, unknown, undelivered },
    ...(why === undefined ? {} : { reason: why }),
    ...(by === undefined ? {} : { by }),
  };
}
