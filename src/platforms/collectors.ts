import type { CollectorModule } from "./errcode/account.ts";

/**
 * The platforms whose clients a collector can serve, each loaded when it is chosen. To add one, add a folder and a line here.
 */
export const COLLECTORS: Readonly<Record<string, () => Promise<CollectorModule>>> = {
  wechat: async () => (await import("./wechat/collector.ts")).loadWechatCollector(),
  qq: async () => (await import("./qq/collector.ts")).qqCollector,
};
