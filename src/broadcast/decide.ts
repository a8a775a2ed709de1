import type { InHand } from "./in-hand.ts";
import type { FinalOutcome } from "./outcome.ts";
import type { SendAnswer } from "./ports.ts";

/** What to do with a recipient after an answer. */
export type Decision =
  /** Final; the code is spent. */
  | { do: "settle"; outcome: FinalOutcome }
  /** Final, and the code goes back into its pool. */
  | { do: "settle-returning"; outcome: FinalOutcome }
  /** The code is worthless: claim the user's next. */
  | { do: "next" }
  /** Send again with the same code, after a while. */
  | { do: "retry"; uncertain: boolean }
  | { do: "renew-token" }
  /** A quota is used up: send again after the pause. */
  | { do: "pause" }
  /** Nothing more can be sent: end the run. */
  | { do: "stop"; kind: "stopped" };

const ERRCODE_USED_CODE = 41029;
const ERRCODE_INVALID_USER = 40003;

/**
 * The protocol's one decision, without side effects. It rests on a code being single-use on the platform: sending again
 * with the same code can't deliver twice, and "already used" after an attempt with unknown outcome means that attempt
 * arrived. A code with several uses does not have that property, so it is never sent with again after such an attempt.
 */
export function decide(recipient: InHand, answer: SendAnswer, maxAttempts: number): Decision {
  const exhausted = recipient.attempts - recipient.excused >= maxAttempts;
  switch (answer.class) {
    case "ok":
      return { do: "settle", outcome: "sent" };
    case "token":
      return { do: "renew-token" };
    case "code":
      return decideRefusedCode(recipient, answer);
    case "recipient":
      // An earlier attempt may have arrived before the user refused.
      if (recipient.uncertain) return { do: "settle", outcome: "unknown" };
      return {
        do: answer.errcode === ERRCODE_INVALID_USER ? "settle-returning" : "settle",
        outcome: "rejected",
      };
    case "concurrency":
      if (!exhausted) return { do: "retry", uncertain: false };
      return recipient.uncertain
        ? { do: "settle", outcome: "unknown" }
        : { do: "settle-returning", outcome: "failed" };
    case "ambiguous":
      return exhausted || recipient.multiUse
        ? { do: "settle", outcome: "unknown" }
        : { do: "retry", uncertain: true };
    case "unsent":
      // However often: when nobody gets through, the breaker ends the run.
      return { do: "retry", uncertain: false };
    case "minute_quota":
      return { do: "pause" };
    case "fatal":
      return { do: "stop", kind: "stopped" };
    case "unlisted":
      // After an attempt that may have arrived it is not `failed`: a retry of failed ones takes a new code.
      return { do: "settle", outcome: recipient.uncertain ? "unknown" : "failed" };
  }
}

function decideRefusedCode(recipient: InHand, answer: SendAnswer): Decision {
  if (!recipient.uncertain) return { do: "next" };
  // 41028 stands for an expired code too, so it does not tell whether the earlier attempt arrived, nor does any other
  // refusal; another code could bring the message a second time.
  return { do: "settle", outcome: answer.errcode === ERRCODE_USED_CODE ? "sent" : "unknown" };
}
