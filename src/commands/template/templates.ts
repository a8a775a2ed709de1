import type { OpenChannel, TemplateList } from "../../broadcast/channel.ts";
import { requireCredentials } from "../../config/credentials.ts";
import { usageError } from "../../errors.ts";
import type { Deps } from "../deps.ts";

/** What the platform says of the account's templates now; a doubt about it is said. Throws where the channel has no such list. */
export async function askTemplates(deps: Deps): Promise<TemplateList & { channel: OpenChannel }> {
  const channel = await deps.channel();
  if (!channel.templates) {
    throw usageError(
      `${channel.name} has no list of templates: the platform has no API for it`,
      "use --channel wechat-subscribe; to list channels: push-cli channels",
    );
  }
  requireCredentials(await deps.settings());
  const list = await channel.templates();
  if (list.doubt !== undefined) deps.out.warn(`warning: ${list.doubt}`);
  return { ...list, channel };
}
