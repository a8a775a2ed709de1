import { PushCliError } from "../errors.ts";
import type { BroadcastDeps } from "./deps.ts";
import type { BroadcastRecord } from "./record.ts";

/**
 * Why a broadcast can't go on as far as its canary is concerned: one that failed has to be accepted, which needs a canary
 * that was sent.
 */
export function whyNotAccepted(
  { id, canary }: Pick<BroadcastRecord, "id" | "canary">,
  accepts: boolean,
): PushCliError | undefined {
  if (!accepts)
    return canary?.verdict === "failed"
      ? new PushCliError("confirm", `the canary of broadcast '${id}' failed: ${whyOf(canary.why)}`, {
          hint: "--accept-canary sends to everybody else all the same; broadcast cancel ends it",
        })
      : undefined;
  if (!canary)
    return new PushCliError("nothing", `broadcast '${id}' has no canary`, {
      hint: "resume it without --accept-canary",
    });
  if (canary.sentAtMs !== undefined) return undefined;
  return new PushCliError("nothing", `the canary of broadcast '${id}' has not been sent yet`, {
    hint: "resume it without --accept-canary: that sends the rest of the canary first",
  });
}

/** Without the word that it begins with. */
function whyOf(why = "not accepted"): string {
  return why.replace(/^canary: /, "");
}

/** Enters that an operator lets everybody else have the message. All runs at work go on then. */
export async function acceptCanary(
  { store, user, self }: Pick<BroadcastDeps, "store" | "user" | "self">,
  { id, canary }: Pick<BroadcastRecord, "id" | "canary">,
): Promise<void> {
  if (canary?.verdict === "passed") return;
  await store.overrideCanary(id, {
    verdict: "passed",
    figures: canary?.figures,
    by: `${user}@${self.host}`,
  });
}
