import { PushCliError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatDuration } from "../../output/format.ts";
import type { StoredToken, TokenMode } from "../../token/ports.ts";
import { redactToken } from "../../token/redact.ts";
import { askFirst, whyNotAsked } from "../ask.ts";
import type { Deps } from "../deps.ts";

/**
 * What becomes of whoever uses the old token. Source: WeChat's pages on stable_token (a forced one ends the one before)
 * and on /cgi-bin/token.
 */
const CONSEQUENCES: Record<TokenMode, string> = {
  stable: `The old token dies at once. Whoever holds a copy, the backend too, is refused
(errcode 40001) until it reads the new one from that key.
The platform allows this 20 times a day, at least 30 s apart.`,
  basic: `The old token is good for 5 more minutes (on WeChat). A backend that keeps a copy
of its own is refused (errcode 40001) after that, until it reads the new one
from that key.`,
};

/**
 * Says which token would be replaced and whom that logs out, and asks. Returns the signal that ended the question;
 * rejects with a `confirm` error when the answer was no, or when there is nobody to ask.
 */
export async function askToReplace(deps: Deps, appid: string): Promise<ExitName | undefined> {
  if (!deps.out.canAsk()) {
    throw new PushCliError("confirm", `token refresh --force needs confirmation, but ${whyNotAsked(deps)}`, {
      hint: "use --yes to confirm; without --force, a valid token is kept",
    });
  }
  const { apiBase } = await deps.settings();
  const tokens = await deps.tokens();
  const { stored, refusal } = await tokens.plan(true);
  if (refusal) throw refusal;
  // Not talk: --quiet must not hide what is asked about.
  const { warn } = deps.out;
  warn(`appid   ${appid}`);
  warn(`API     ${apiBase}, token mode ${tokens.mode}`);
  warn(`key     ${tokens.key}`);
  if (tokens.store !== "push-cli") warn(`lock    ${tokens.lock}`);
  warn(`stored  ${describe(stored, deps.clock.now())}`);
  for (const line of CONSEQUENCES[tokens.mode].split("\n")) warn(line);
  return askFirst(deps, `Replace the token of ${appid}?`, "the token was not changed");
}

export function describe(stored: StoredToken | undefined, nowMs: number): string {
  if (!stored) return "nothing";
  const leftMs = stored.isEndless ? 0 : stored.expiresAtMs - nowMs;
  const life = leftMs > 0 ? `renewed in ${formatDuration(leftMs)}` : "no expiry: the key has no TTL";
  return `${redactToken(stored.token)}, ${life}`;
}
