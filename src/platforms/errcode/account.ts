import type { ChannelFacts, OpenChannel } from "../../broadcast/channel.ts";
import type { Clock } from "../../clock.ts";
import type { Network } from "../http/network.ts";

/** Whose messages a channel sends, and how the platform is reached. */
export interface Account {
  apiBase: string;
  network: Network;
  /** Throws a `credentials` error where there are none. */
  credentials(): { appid: string; appsecret: string };
  clock: Clock;
}

/** What the table of channels has for each. */
export interface ChannelModule {
  facts: ChannelFacts;
  open(account: Account): OpenChannel;
}
