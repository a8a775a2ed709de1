import type { OpenChannel } from "./broadcast/channel.ts";
import type { Clock } from "./clock.ts";
import { requireCredentials } from "./config/credentials.ts";
import type { ChannelDefaults, Settings } from "./config/settings.ts";
import { loadSigningKeys } from "./config/signing.ts";
import { PushCliError } from "./errors.ts";
import type { Logger } from "./log.ts";
import type { Output } from "./output/output.ts";
import type { Account } from "./platforms/errcode/account.ts";

/** Throws a `config` error that lists the channels there are. */
export async function loadChannel(name: string) {
  const { CHANNELS } = await import("./platforms/channels.ts");
  const load = Object.hasOwn(CHANNELS, name) ? CHANNELS[name] : undefined;
  if (load) return load();
  throw new PushCliError("config", `there is no channel '${name}'`, {
    hint: `the channels are ${Object.keys(CHANNELS).join(", ")}`,
  });
}

/** The API of one platform does not take what another's channel sends. */
async function checkHost(name: string, apiBase: string): Promise<void> {
  const hostOf = (url: string) => (URL.canParse(url) ? new URL(url).hostname : "");
  const own = hostOf((await loadChannel(name)).facts.apiBase);
  if (hostOf(apiBase) === own) return;
  const { CHANNELS } = await import("./platforms/channels.ts");
  for (const load of Object.values(CHANNELS)) {
    const { facts } = await load();
    const other = hostOf(facts.apiBase);
    if (other === own || other !== hostOf(apiBase)) continue;
    throw new PushCliError("config", `${apiBase} is the API of ${facts.name}, and the channel is ${name}`, {
      hint: `choose it with --channel ${facts.name}`,
    });
  }
}

export async function defaultsOf(name: string): Promise<ChannelDefaults> {
  return (await loadChannel(name)).facts;
}

export async function openChannel(
  name: string,
  settings: Settings,
  own: Omit<Account, "apiBase" | "apiTimeoutMs" | "credentials" | "signing">,
): Promise<OpenChannel> {
  const { apiBase, apiTimeoutMs } = settings;
  // Another one is for looking at what it left.
  if (name === settings.channel) await checkHost(name, apiBase);
  const credentials = () => requireCredentials(settings);
  const signing = () => loadSigningKeys(settings);
  return (await loadChannel(name)).open({ ...own, apiBase, apiTimeoutMs, credentials, signing });
}

export type TokenStores = Pick<
  Parameters<typeof import("./token/provider.ts").createTokenProvider>[0],
  "store" | "locks"
>;

/** The tokens of a channel, shared through Redis. */
export async function createTokens(
  settings: Settings,
  channel: OpenChannel,
  {
    tokens,
    out,
    clock,
    log,
  }: { tokens: TokenStores; out: Pick<Output, "warn">; clock: Clock; log: Logger | undefined },
) {
  if (channel.tokenApi === undefined)
    return (await import("./token/no-tokens.ts")).withoutTokens(channel.name);
  const { createTokenProvider } = await import("./token/provider.ts");
  return createTokenProvider({
    ...tokens,
    appid: settings.appid ?? "",
    mode: settings.tokenMode,
    callMs: settings.apiTimeoutMs,
    api: channel.tokenApi(),
    clock,
    log,
    warn: (text) => out.warn(`warning: ${text}`),
  });
}
