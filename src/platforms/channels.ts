import type { ChannelModule } from "./errcode/account.ts";

/** All channels, each loaded when it is chosen. To add one, add a folder and a line here. */
export const CHANNELS: Readonly<Record<string, () => Promise<ChannelModule>>> = {
  "wechat-template": async () => (await import("./wechat/template.ts")).wechatTemplate,
  "wechat-subscribe": async () => (await import("./wechat/subscribe.ts")).wechatSubscribe,
  "wechat-mp": async () => (await import("./wechat/mp.ts")).wechatMp,
  "baidu-template": async () => (await import("./baidu/template.ts")).baiduTemplate,
  "baidu-subscribe": async () => (await import("./baidu/subscribe.ts")).baiduSubscribe,
  "qq-template": async () => (await import("./qq/template.ts")).qqTemplate,
  "qq-subscribe": async () => (await import("./qq/subscribe.ts")).qqSubscribe,
  "alipay-template": async () => (await import("./alipay/template.ts")).alipayTemplate,
  "alipay-subscribe": async () => (await import("./alipay/subscribe.ts")).alipaySubscribe,
};
