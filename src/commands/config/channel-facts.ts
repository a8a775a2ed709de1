import type { ChannelFacts } from "../../broadcast/channel.ts";
import { DEFAULT_CHANNEL } from "../../config/settings.ts";
import { PushCliError } from "../../errors.ts";
import type { Deps } from "../deps.ts";

/** Of the channel of that name; undefined when there is none. */
export async function channelFacts(deps: Deps, name = DEFAULT_CHANNEL): Promise<ChannelFacts | undefined> {
  return (await deps.channels()).find((facts) => facts.name === name);
}

/** The same; rejects with a `config` error that lists the channels there are. */
export async function requireChannelFacts(deps: Deps, name: string): Promise<ChannelFacts> {
  const facts = await channelFacts(deps, name);
  if (facts) return facts;
  const names = (await deps.channels()).map((one) => one.name);
  throw new PushCliError("config", `unknown channel '${name}'`, {
    hint: `valid channels: ${names.join(", ")}`,
  });
}
