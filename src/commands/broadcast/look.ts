import type { MessageInput, OpenChannel, Preflight } from "../../broadcast/channel.ts";
import { requireCredentials } from "../../config/credentials.ts";
import { PushCliError, usageError } from "../../errors.ts";
import { formatCount } from "../../output/format.ts";
import type { Fact } from "../../output/output.ts";
import type { Deps } from "../deps.ts";

/**
 * What the account says of a message before anything is claimed; undefined where the channel can't ask, or is not to. Throws
 * a usage error for what the platform would refuse.
 */
export async function lookBeforehand(
  deps: Deps,
  channel: OpenChannel,
  input: MessageInput,
  { preflight: wanted }: { preflight?: boolean },
): Promise<Preflight | undefined> {
  if (!channel.preflight || wanted === false) return undefined;
  requireCredentials(await deps.settings());
  const look = await channel.preflight(input);
  refuse(look.problems.filter(({ severity }) => severity === "error"));
  return look;
}

function refuse(errors: Preflight["problems"]): void {
  const [first, ...more] = errors;
  if (first === undefined) return;
  if (more.length === 0) throw usageError(first.what, first.hint);
  throw new PushCliError("usage", `the message has ${errors.length} errors`, {
    details: errors.map(({ what }) => what),
    hint: errors.find(({ hint }) => hint !== undefined)?.hint,
  });
}

export function warningsOf(look: Preflight | undefined): string[] {
  return (look?.problems ?? []).filter(({ severity }) => severity === "warning").map(({ what }) => what);
}

/** What is left of the day's quota, where the platform tells. */
export function quotaFacts(look: Preflight | undefined, sends: number): Fact[] {
  const left = look?.quotaLeft;
  if (left === undefined) return [];
  const fact: Fact = ["quota", `${formatCount(left)} messages left today`];
  if (sends <= left) return [fact];
  return [fact, ["warning", `only ${formatCount(left)} can be sent today; resume tomorrow for the rest`]];
}
