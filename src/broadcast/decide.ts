import type { InHand } from "./in-hand.ts";
import type { FinalOutcome } from "./outcome.ts";
import type { Refusal, SendAnswer } from "./ports.ts";

/** What to do with a recipient after an answer. */
export type Decision =
  /** Final; the code is spent. */
  | { do: "settle"; outcome: FinalOutcome }
  /** Final, and the code goes back into its pool. */
  | { do: "settle-returning"; outcome: FinalOutcome }
  /** Final, and everything that the pool holds for user and template is removed. */
  | { do: "settle-clearing"; outcome: FinalOutcome }
  /** The code is worthless: claim the user's next. */
  | { do: "next" }
  /** Send again with the same code, after a while. */
  | { do: "retry"; uncertain: boolean }
  | { do: "renew-token" }
  /** A quota is used up: send again after the pause. */
  | { do: "pause" }
  /** Nothing more can be sent: end the run. */
  | { do: "stop" };

/**
 * The protocol's one decision, without side effects. It relies on codes being single-use on the platform: sending again
 * with the same code can't deliver twice, and "already used" after an attempt with unknown outcome means that that
 * attempt arrived. This does not hold for a code with several uses, so it is never used again after such an attempt.
 */
export function decide(recipient: InHand, answer: SendAnswer, maxAttempts: number): Decision {
  const exhausted = recipient.attempts - recipient.excused >= maxAttempts;
  // A refusal of one is a refusal of all who get the same message.
  if (answer.class === "message_refused" && !recipient.own) return { do: "stop" };
  switch (answer.class) {
    case "ok":
      return { do: "settle", outcome: "sent" };
    case "token":
      return { do: "renew-token" };
    case "later":
      if (!exhausted) return { do: "retry", uncertain: false };
      return recipient.uncertain
        ? { do: "settle", outcome: "unknown" }
        : { do: "settle-returning", outcome: "failed" };
    case "ambiguous":
      return exhausted || recipient.onceOnly
        ? { do: "settle", outcome: "unknown" }
        : { do: "retry", uncertain: true };
    case "unsent":
      // Without a limit: when no request gets through, the breaker ends the run.
      return { do: "retry", uncertain: false };
    case "quota":
      return { do: "pause" };
    case "fatal":
      return { do: "stop" };
    default:
      return recipient.uncertain ? afterUncertain(recipient, answer) : ON_REFUSAL[answer.class];
  }
}

/**
 * An earlier attempt may have arrived before the refusal. Another code could bring the message a second time, and so could
 * a retry of what is called failed. What a refusal proves it proves only while the platform knows a repeat as one: a retry on
 * another day, which the operator asked for, may be refused because of another message.
 */
function afterUncertain({ onceOnly }: InHand, { afterUncertain }: SendAnswer): Decision {
  return { do: "settle", outcome: (onceOnly ? undefined : afterUncertain) ?? "unknown" };
}

const ON_REFUSAL: Readonly<Record<Refusal, Decision>> = {
  permission_refused: { do: "next" },
  permission_gone: { do: "settle-clearing", outcome: "rejected" },
  user_refuses: { do: "settle", outcome: "rejected" },
  user_unknown: { do: "settle-returning", outcome: "rejected" },
  not_today: { do: "settle-returning", outcome: "rejected" },
  message_refused: { do: "settle-returning", outcome: "failed" },
  unlisted: { do: "settle", outcome: "failed" },
};
