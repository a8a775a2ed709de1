import type { ChannelFacts, OpenChannel, TemplateCache } from "../../broadcast/channel.ts";
import type { Clock } from "../../clock.ts";
import type { CollectorPlatform } from "../../collector/ports.ts";
import type { AccessTokens } from "../../token/ports.ts";
import type { Network } from "../http/network.ts";

/** The keys for signing requests, as given: keys in base64 or PEM, certificates in PEM. */
export interface SigningKeys {
  appid: string;
  privateKey: string;
  /** The platform's public key, for verifying its answers; absent if certificates are given. */
  platformKey?: string | undefined;
  certificates?: { app: string; platform: string; root: string } | undefined;
}

/** The account whose messages a channel sends, and how to reach the platform. */
export interface Account {
  apiBase: string;
  /** Timeout of a call for tokens or templates; ms. */
  apiTimeoutMs: number;
  network: Network;
  /** Throws a `credentials` error if there are none. */
  credentials(): { appid: string; appsecret: string };
  /** For a platform that requires signed requests. Rejects with a `credentials` error if something is missing. */
  signing(): Promise<SigningKeys>;
  clock: Clock;
  /** The access token, shared through Redis: for a channel's calls other than messages. */
  tokens(): Promise<AccessTokens>;
  templateCache(): Promise<TemplateCache>;
}

/** The entry of a channel in the table of channels. */
export interface ChannelModule {
  facts: ChannelFacts;
  open(account: Account): OpenChannel;
}

/** What a collector needs of an account. */
export type CollectorAccount = Pick<Account, "apiBase" | "network" | "credentials" | "signing" | "clock">;

/** The entry of a platform in the table of collectors. */
export interface CollectorModule {
  /** Throws a `config` error for an invalid API address. Sends nothing to the platform. */
  open(account: CollectorAccount): CollectorPlatform;
}
