import type { InHand } from "./in-hand.ts";
import type { FinalOutcome } from "./outcome.ts";
import type { SendAnswer, Settlement } from "./ports.ts";

/** A recipient whose answer is acted on only once another answer has shown what it means. */
export interface Held {
  recipient: InHand;
  goOn(): unknown;
  /** Acted on also when the run stops before that. */
  isFinal: boolean;
}

/** Users who are being claimed in one call; see `feeder.ts`. */
export interface ClaimBatch {
  readonly openIds: ReadonlySet<string>;
  /** Those of them who were taken in hand through another batch meanwhile, or were in hand and no longer are. */
  readonly metElsewhere: Set<string>;
}

/** A recipient whose outcome is known and on its way into the ledger. */
export interface Decided {
  settlement: Settlement;
  recipient: InHand;
  errmsg: string;
}

export function toDecided(recipient: InHand, outcome: FinalOutcome, answer: SendAnswer): Decided {
  const { openId, attempts, formId, expireMs, multiUse, scene, standing } = recipient;
  const { errcode, msgid, errmsg } = answer;
  const permission = { formId, expireMs, multiUse, scene, standing };
  return { settlement: { openId, outcome, attempts, errcode, msgid, permission }, recipient, errmsg };
}
