import type { InHand } from "./in-hand.ts";
import type { SendAnswer } from "./ports.ts";
import type { Run } from "./run.ts";
import { refusedBy } from "./stop.ts";

/** New tokens in a row of which none was accepted. */
const MAX_REFUSED_TOKENS = 5;
/** How long the platform may take to hand out another token than the one that it refuses. */
const SAME_TOKEN_MS = 5000;
/** Whether the API looked at the token, and was content with it. */
export function provesToken(answer: SendAnswer): boolean {
  return answer.class !== "token" && answer.class !== "ambiguous" && answer.class !== "unsent";
}

/**
 * Two things are beyond renewing: a token that the platform goes on giving although it has been refused, and one new token
 * after the other refused. A token that lapses under requests in flight is neither, however often it happens.
 */
export async function renewToken(
  run: Run,
  recipient: InHand,
  answer: SendAnswer,
  token: string,
): Promise<void> {
  run.refusedTokens.add(token);
  const { tokens, clock } = run.deps;
  run.renewing++;
  const renewing = run.refusedTokens.size > MAX_REFUSED_TOKENS ? undefined : tokens.renew(token);
  const renewed = await Promise.resolve(renewing).finally(() => run.renewing--);
  const now = clock.monotonic();
  run.sameTokenSince = renewed === token ? (run.sameTokenSince ?? now) : undefined;
  if (renewed === undefined || now - (run.sameTokenSince ?? now) > SAME_TOKEN_MS) {
    run.leftovers.push(recipient);
    return run.stop(refusedBy(answer, "credentials"));
  }
  if (renewed === token) run.gate.noteTokenAgain(recipient, answer);
  else run.gate.noteNewToken(recipient);
  run.hand(recipient);
}

/** The API was content with the token. */
export function acceptToken(run: Run): void {
  run.refusedTokens.clear();
  run.sameTokenSince = undefined;
}
