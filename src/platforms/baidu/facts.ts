import type { ChannelFacts } from "../../broadcast/channel.ts";

/** Facts about both kinds of Baidu messages. Source: swan-team/swan-docs (2020-04), baidu/smartapp-openapi-go (2023-03). */
export const BAIDU = {
  platform: "baidu",
  delivers: {
    today: "not confirmed",
    asOf: "2023-03",
    note: "documented by Baidu, whose SDKs last changed then; not tried with a real account",
  },
  needs: ["the AppKey (PUSH_CLI_APPID) and AppSecret of a smart program"],
  messageOptions: [],
  apiBase: "https://openapi.baidu.com",
} satisfies Partial<ChannelFacts>;
