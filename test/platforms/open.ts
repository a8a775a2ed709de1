import type { Message, OpenChannel } from "../../src/broadcast/channel.ts";
import type { MessageSender } from "../../src/broadcast/ports.ts";
import { type Clock, systemClock } from "../../src/clock.ts";
import { CHANNELS } from "../../src/platforms/channels.ts";
import type { SigningKeys } from "../../src/platforms/errcode/account.ts";
import type { Network } from "../../src/platforms/http/network.ts";
import type { TokenApi } from "../../src/token/ports.ts";

export interface ApiOptions {
  apiBase: string;
  network?: Network | undefined;
  channel?: string;
}

/** A channel with an account that nobody asks for. */
export async function openChannel(
  { apiBase, network = {}, channel = "wechat-template" }: ApiOptions,
  clock: Clock = systemClock,
  credentials = { appid: "", appsecret: "" },
  keys?: SigningKeys,
): Promise<OpenChannel> {
  const { open } = await CHANNELS[channel]!();
  const nobody = () => Promise.reject(new Error("it was asked for beside a message"));
  return open({
    apiBase,
    apiTimeoutMs: 10_000,
    network,
    credentials: () => credentials,
    signing: async () => {
      if (!keys) throw new Error("nobody signs");
      return keys;
    },
    clock,
    tokens: nobody,
    templateCache: nobody,
  });
}

export async function createSender(
  options: ApiOptions & { concurrency: number; timeoutMs: number; message: Message },
): Promise<MessageSender> {
  const { message, concurrency, timeoutMs } = options;
  return (await openChannel(options)).sender(message, { concurrency, timeoutMs, broadcastId: "b1" });
}

export async function createTokenApi(
  options: ApiOptions & { appid: string; appsecret: string; clock: Clock },
): Promise<TokenApi> {
  const { appid, appsecret, clock } = options;
  const channel = await openChannel(options, clock, { appid, appsecret });
  if (!channel.tokenApi) throw new Error(`${channel.name} has no tokens`);
  return channel.tokenApi();
}

/** A message of keyword1, keyword2 ... */
export function messageOf(
  templateId: string,
  keywords: readonly string[] = [],
  more: Pick<Message, "page" | "options"> = {},
): Message {
  return { templateId, fields: keywords.map((value, i) => ({ name: `keyword${i + 1}`, value })), ...more };
}
