import type { ChannelFacts } from "../../broadcast/channel.ts";

/** Facts about both kinds of Alipay messages. Source: AlipayDocs/open-docs as of 2026-02-24. */
export const ALIPAY = {
  platform: "alipay",
  repeat: "never",
  delivers: {
    today: "not confirmed",
    asOf: "2026-02",
    note: "documented by Alipay; not tried with a real application",
  },
  needs: [
    "the application's appid and private key (RSA2): PUSH_CLI_APPID and PUSH_CLI_ALIPAY_PRIVATE_KEY",
    "Alipay's public key (PUSH_CLI_ALIPAY_PUBLIC_KEY), or the three certificates of certificate mode",
  ],
  limits: ["--page is required; a keyword's value has at most 50 characters"],
  messageOptions: [],
  credential: "alipayPrivateKey",
  apiBase: "https://openapi.alipay.com",
} satisfies Partial<ChannelFacts>;
