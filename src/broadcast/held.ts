import type { InHand } from "./in-hand.ts";
import type { Decided } from "./in-run.ts";
import type { SendAnswer } from "./ports.ts";
import type { Run } from "./run.ts";
import { thresholdReason } from "./stop.ts";

/** More than the guard needs to see that the appid is wrong. */
const MOST_HELD = 200;

/** Acts on the answers that were held back. */
export async function settleHeld(run: Run): Promise<void> {
  for (const { goOn } of run.held.splice(0)) await goOn();
}

/** At a stop: acts on those answers that stand whatever others would have been. The rest is not acted on. */
export async function settleFinal(run: Run): Promise<void> {
  const final = run.held.filter(({ isFinal }) => isFinal);
  run.held = run.held.filter(({ isFinal }) => !isFinal);
  for (const { goOn } of final) await goOn();
}

/**
 * "No user of this account" is held back until another answer shows that the appid is right; else every user would count
 * as one.
 */
export async function settleReturning(run: Run, item: Decided, answer: SendAnswer): Promise<void> {
  if (answer.class !== "user_unknown") {
    // As good as one that nobody knows: many in a row are the message's fault, and not their values'.
    const why = answer.class === "message_refused" ? run.guard.seeMessageRefused(answer.errcode) : undefined;
    await run.settleReturning(item);
    return watch(run, why);
  }
  const why = run.guard.seeUnknownUser(answer.errcode);
  if (run.tally.outcomes.sent > 0 || run.held.length >= MOST_HELD) await run.settleReturning(item);
  else run.hold(item.recipient, () => run.settleReturning(item));
  run.changed();
  watch(run, why);
}

/**
 * An errcode that nobody knows is held back until the next message is accepted: what refuses all messages should cost no
 * codes. When the run stops for it, the codes go back; when it stops for anything else, they count as spent, as nobody knows
 * whether the platform has used them.
 */
export function settleUnlisted(run: Run, recipient: InHand, answer: SendAnswer): void {
  watch(run, run.guard.seeAnswer());
  const outcome = recipient.uncertain ? "unknown" : "failed";
  const why = run.guard.seeUnlisted(answer.errcode);
  run.hold(recipient, () => run.settle(recipient, outcome, answer), { isFinal: why === undefined });
  if (why) for (const held of run.held) held.isFinal = false;
  watch(run, why);
}

/**
 * A refused code is dropped, but not before a message was accepted: with the wrong appid, or codes that were misread, each
 * user's would go. `next` drops it and claims the user's next.
 */
export async function dropCode(
  run: Run,
  recipient: InHand,
  answer: SendAnswer,
  next: () => Promise<void>,
): Promise<void> {
  if (run.accepted || run.held.length >= MOST_HELD) return next();
  const why = run.guard.seeRefusedCode(answer.errcode);
  // At the end of the audience those held back go on, and with their next codes nothing is held back any more.
  if (recipient.refusals > 0) await next();
  else run.hold(recipient, next);
  watch(run, why);
}

/**
 * At an address that never answered like the API it is nobody's outcome: the run stops, and it stays claimed. Once the API
 * does answer, it is what it would have been.
 */
export function holdUnknown(run: Run, recipient: InHand, answer: SendAnswer): void {
  recipient.uncertain = true;
  // Before it is held: else the run, with nobody else left, would be through at once.
  run.breaker.trip(answer.errmsg);
  run.hold(recipient, () => run.settle(recipient, "unknown", answer));
}

export function watch(run: Run, why: string | undefined): void {
  if (why) run.stop(thresholdReason(why));
}
