import type { Row } from "./audience.ts";
import type { Claimed, OwnTexts } from "./ports.ts";

/** A claimed recipient while this run works on it. */
export interface InHand extends Omit<Claimed, "scene" | "firstAgoMs"> {
  scene?: number | undefined;
  standing: boolean;
  /** Until when an attempt without an outcome may be repeated, epoch ms; see `repeatUntilMs`. */
  repeatUntilMs: number;
  /** An attempt without an outcome must not be repeated. */
  onceOnly: boolean;
  /** Requests made with this code so far, those of earlier runs included. */
  attempts: number;
  /** An earlier attempt may have been delivered. */
  uncertain: boolean;
  /** It failed in an earlier run and is tried again: without a record, no later run would find this user. */
  failedBefore: boolean;
  /** Attempts that don't count towards `maxAttempts`, because the API was down. */
  excused: number;
  /** It failed while the API answered others, so its attempts count whatever the breaker's state. */
  isSuspect: boolean;
  /** Codes of this user that the API refused in this run. */
  refusals: number;
  /** The number of its newest send, as the pacer counts them. */
  turn: number;
  /** Its own texts, where they are not the same for all. */
  own: OwnTexts | undefined;
  /** The row that they were made from, for claiming it again. */
  row: Row | undefined;
  /** Its index in `RecipientsInHand`, which maintains it. */
  place: number;
}

export function takeInHand(
  { openId, formId, expireMs, scene, multiUse, standing = false, attempt }: Claimed,
  {
    failedBefore = false,
    refusals = 0,
    own,
    row,
    repeatUntilMs = multiUse ? 0 : Number.POSITIVE_INFINITY,
  }: {
    failedBefore?: boolean;
    refusals?: number;
    own?: OwnTexts | undefined;
    row?: Row | undefined;
    repeatUntilMs?: number;
  } = {},
): InHand {
  const attempts = attempt - 1;
  // Named one by one: spreading costs microseconds, and this runs for every message.
  return {
    openId,
    formId,
    expireMs,
    scene,
    multiUse,
    repeatUntilMs,
    onceOnly: repeatUntilMs === 0,
    standing,
    attempt,
    attempts,
    uncertain: attempts > 0,
    failedBefore,
    excused: 0,
    isSuspect: false,
    refusals,
    turn: 0,
    own,
    row,
    place: -1,
  };
}

/**
 * The recipients that a run has claimed and not settled. An array whose slots are reused, because a Map with an entry
 * per message keeps the garbage collector busy: its discarded tables retain what was in them.
 */
export class RecipientsInHand {
  private readonly places: InHand[] = [];

  get size(): number {
    return this.places.length;
  }

  /** Scans all of them: for rare checks only. */
  has(openId: string): boolean {
    return this.places.some((recipient) => recipient.openId === openId);
  }

  add(recipient: InHand): void {
    recipient.place = this.places.length;
    this.places.push(recipient);
  }

  /** Does nothing for one that is not in hand. */
  delete(recipient: InHand): void {
    if (this.places[recipient.place] !== recipient) return;
    const last = this.places.pop()!;
    if (last !== recipient) {
      last.place = recipient.place;
      this.places[recipient.place] = last;
    }
    recipient.place = -1;
  }
}
