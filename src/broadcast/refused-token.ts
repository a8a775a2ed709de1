import type { InHand } from "./in-hand.ts";
import type { SendAnswer } from "./ports.ts";
import type { Run } from "./run.ts";
import { refusedBy } from "./stop.ts";

/** New tokens in a row of which none was accepted. */
const MAX_REFUSED_TOKENS = 5;
/** How long the platform may keep returning the token that it refuses. */
const SAME_TOKEN_MS = 5000;

/** Whether the answer shows that the API accepted the token. */
export function provesToken(answer: SendAnswer): boolean {
  return answer.class !== "token" && answer.class !== "ambiguous" && answer.class !== "unsent";
}

/**
 * Renewing gives up in two cases: the platform keeps returning a refused token, or refuses one new token after another.
 * A token that expires while requests are in flight is neither, however often it happens.
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
  else run.gate.noteNoAnswer(recipient);
  run.enqueue(recipient);
}

/** The API accepted the token. */
export function acceptToken(run: Run): void {
  run.refusedTokens.clear();
  run.sameTokenSince = undefined;
}
