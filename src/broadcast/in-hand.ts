import type { Claimed } from "./ports.ts";

/** A claimed recipient while this run works on it. */
export interface InHand extends Claimed {
  /** Requests made with this code so far, those of earlier runs included. */
  attempts: number;
  /** An earlier attempt may have been delivered. */
  uncertain: boolean;
  /** How often in a row the token was refused for this recipient and the platform gave the very same again. */
  tokenRefusals: number;
}

export function takeInHand({ openId, formId, expireMs, multiUse, attempt }: Claimed): InHand {
  const attempts = attempt - 1;
  // Named one by one: spreading costs microseconds, and this runs for every message.
  return { openId, formId, expireMs, multiUse, attempt, attempts, uncertain: attempts > 0, tokenRefusals: 0 };
}
