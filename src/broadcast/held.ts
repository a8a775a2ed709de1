import type { InHand } from "./in-hand.ts";
import type { Decided } from "./in-run.ts";
import type { SendAnswer } from "./ports.ts";
import type { Run } from "./run.ts";
import { thresholdReason } from "./stop.ts";

/** More than the guard needs to see that the appid is wrong. */
const MAX_HELD = 200;

/** Acts on all answers that were held back. */
export async function settleHeld(run: Run): Promise<void> {
  for (const { goOn } of run.held.splice(0)) await goOn();
}

/** At a stop: acts only on answers that are valid regardless of later ones. */
export async function settleFinal(run: Run): Promise<void> {
  const final = run.held.filter(({ isFinal }) => isFinal);
  run.held = run.held.filter(({ isFinal }) => !isFinal);
  for (const { goOn } of final) await goOn();
}

/**
 * "No user of this account" is held back until another answer shows that the appid is right; otherwise every user would
 * count as unknown.
 */
export async function settleReturning(run: Run, item: Decided, answer: SendAnswer): Promise<void> {
  if (answer.class !== "user_unknown") {
    // Treated like an unlisted errcode: many in a row are caused by the message, not by the recipients' values.
    const why = answer.class === "message_refused" ? run.guard.seeMessageRefused(answer.errcode) : undefined;
    await run.settleReturning(item);
    return watch(run, why);
  }
  const why = run.guard.seeUnknownUser(answer.errcode);
  if (run.tally.outcomes.sent > 0 || run.held.length >= MAX_HELD) await run.settleReturning(item);
  else hold(run, item.recipient, () => run.settleReturning(item));
  run.changed();
  watch(run, why);
}

/**
 * An unlisted errcode is held back until the next message is accepted: a cause that refuses all messages should cost no
 * codes. When the run stops because of it, the codes go back; when it stops for another reason, they count as spent,
 * because it is not known whether the platform has used them.
 */
export function settleUnlisted(run: Run, recipient: InHand, answer: SendAnswer): void {
  watch(run, run.guard.seeAnswer());
  const outcome = recipient.uncertain ? "unknown" : "failed";
  const why = run.guard.seeUnlisted(answer.errcode);
  hold(run, recipient, () => run.settle(recipient, outcome, answer), { isFinal: why === undefined });
  if (why) for (const held of run.held) held.isFinal = false;
  watch(run, why);
}

/**
 * A refused code is dropped only after a message was accepted: with a wrong appid or misread codes, every user's would
 * be lost. `next` drops it and claims the user's next.
 */
export async function dropCode(
  run: Run,
  recipient: InHand,
  answer: SendAnswer,
  next: () => Promise<void>,
): Promise<void> {
  if (run.accepted || run.held.length >= MAX_HELD) return next();
  const why = run.guard.seeRefusedCode(answer.errcode);
  // At the end of the audience held recipients continue, and their next codes are not held back.
  if (recipient.refusals > 0) await next();
  else hold(run, recipient, next);
  watch(run, why);
}

/**
 * From an address that never answered like the API this is no outcome: the run stops, and the recipient stays claimed.
 * Once the API answers, the outcome counts.
 */
export function holdUnknown(run: Run, recipient: InHand, answer: SendAnswer): void {
  recipient.uncertain = true;
  // Before it is held: otherwise a run with nobody else left would end at once.
  run.breaker.trip(answer.errmsg);
  hold(run, recipient, () => run.settle(recipient, "unknown", answer));
}

function hold(run: Run, recipient: InHand, goOn: () => unknown, { isFinal = false } = {}): void {
  run.held.push({ recipient, goOn, isFinal });
  run.changed();
}

export function watch(run: Run, why: string | undefined): void {
  if (why) run.stop(thresholdReason(why));
}
