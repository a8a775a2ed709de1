import type { ChannelModule } from "./errcode/account.ts";

/** Every channel, loaded when it is chosen. A new one is a folder and a line here. */
export const CHANNELS: Readonly<Record<string, () => Promise<ChannelModule>>> = {
  "wechat-template": async () => (await import("./wechat/template.ts")).wechatTemplate,
  "wechat-subscribe": async () => (await import("./wechat/subscribe.ts")).wechatSubscribe,
  "qq-template": async () => (await import("./qq/template.ts")).qqTemplate,
  "alipay-template": async () => (await import("./alipay/template.ts")).alipayTemplate,
  "alipay-subscribe": async () => (await import("./alipay/subscribe.ts")).alipaySubscribe,
};
