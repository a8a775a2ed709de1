import type { ChannelFacts, OpenChannel, TemplateCache } from "../../broadcast/channel.ts";
import type { Clock } from "../../clock.ts";
import type { CollectorPlatform } from "../../collector/ports.ts";
import type { AccessTokens } from "../../token/ports.ts";
import type { Network } from "../http/network.ts";

/** What requests are signed with, as it was given: keys in base64 or PEM, certificates in PEM. */
export interface SigningKeys {
  appid: string;
  privateKey: string;
  /** The platform's public key, which its answers are verified by; absent where the certificates are given. */
  platformKey?: string | undefined;
  certificates?: { app: string; platform: string; root: string } | undefined;
}

/** Whose messages a channel sends, and how the platform is reached. */
export interface Account {
  apiBase: string;
  /** Limit of a call for tokens or templates; ms. */
  apiTimeoutMs: number;
  network: Network;
  /** Throws a `credentials` error where there are none. */
  credentials(): { appid: string; appsecret: string };
  /** For a platform that wants signed requests. Rejects with a `credentials` error where something is missing. */
  signing(): Promise<SigningKeys>;
  clock: Clock;
  /** The access token, shared through Redis: for what a channel asks beside the messages. */
  tokens(): Promise<AccessTokens>;
  templateCache(): Promise<TemplateCache>;
}

/** What the table of channels has for each. */
export interface ChannelModule {
  facts: ChannelFacts;
  open(account: Account): OpenChannel;
}

/** What a collector needs of an account. */
export type CollectorAccount = Pick<Account, "apiBase" | "network" | "credentials" | "signing" | "clock">;

/** What the table of collectors has for each platform. */
export interface CollectorModule {
  /** Throws a `config` error when the API's address can't be used. Asks the platform nothing. */
  open(account: CollectorAccount): CollectorPlatform;
}
