import { type Message, PERMISSION_NAMES, type PermissionKind } from "../broadcast/channel.ts";
import type { Deps } from "./deps.ts";

/** What a broadcast spends, for those who read of it. `channelName`: absent: the channel of the settings. */
export async function spendsOf(
  deps: Pick<Deps, "channel">,
  { withoutPool }: Pick<Message, "withoutPool">,
  channelName?: string,
): Promise<PermissionKind> {
  return withoutPool ? "none" : (await deps.channel(channelName)).permission;
}

/** "a valid consent", "3 of 5 without a code": the word for one of what is spent. */
export function nameOf(spends: PermissionKind): string {
  return PERMISSION_NAMES[spends];
}

/** What the table of their counts is called; undefined where nothing is counted because nothing is spent. */
export function titleOf(spends: PermissionKind): string | undefined {
  return spends === "none" ? undefined : `${nameOf(spends)}s`;
}
