import type { ChannelFacts } from "../broadcast/channel.ts";
import type { Settings } from "../config/settings.ts";
import { PushCliError, usageError } from "../errors.ts";
import type { ConsentNeeds, SendOf } from "./deps.ts";

/** Where a channel's consents lie; undefined for one whose messages spend none. */
export function consentNeeds(
  settings: Settings,
  { name, permission }: Pick<ChannelFacts, "name" | "permission">,
  templateId: string | undefined,
): ConsentNeeds | undefined {
  if (permission === "none")
    throw usageError(
      `messages of ${name} spend nothing that is kept, so there are no pools of it`,
      "push-cli channels lists those that have some",
    );
  if (permission !== "consent") {
    if (templateId === undefined) return undefined;
    throw usageError(
      `--template has no effect: codes of ${name} don't belong to a template`,
      "for consents, use --channel wechat-subscribe",
    );
  }
  if (settings.poolSuffix !== "") {
    throw new PushCliError("config", "--pool-key applies to codes; consents are stored under other keys", {
      hint: "set the prefix of consents with --pool-prefix",
    });
  }
  const { keyPrefix, poolPrefix: consentPrefix, consentMaxAgeMs: maxAgeMs, consentCap: cap } = settings;
  return { keyPrefix, consentPrefix, templateId, maxAgeMs, cap };
}

/** Where the permissions of a message lie that spends consents, or none. */
export function sendNeeds(
  settings: Settings,
  { poolPrefix }: Pick<ChannelFacts, "poolPrefix">,
  { templateId, withoutPool }: SendOf,
): ConsentNeeds {
  const { keyPrefix, consentMaxAgeMs: maxAgeMs, sources } = settings;
  // The settings' own is that of their channel, which may be another one.
  const isGiven = sources.poolPrefix !== "default";
  const consentPrefix = isGiven ? settings.poolPrefix : `${keyPrefix}${poolPrefix}`;
  return { keyPrefix, consentPrefix, templateId: withoutPool ? undefined : templateId, maxAgeMs };
}
