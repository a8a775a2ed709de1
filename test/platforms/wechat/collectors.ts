import { systemClock } from "../../../src/clock.ts";
import type { CollectorPlatform } from "../../../src/collector/ports.ts";
import { COLLECTORS } from "../../../src/platforms/collectors.ts";

/** WeChat's side of a collector, as it is loaded by name. */
export async function openPlatform(
  apiBase = "https://api.weixin.qq.com",
  credentials = () => ({ appid: "wx-sandbox", appsecret: "sandbox-secret" }),
): Promise<CollectorPlatform> {
  const { open } = await COLLECTORS.wechat!();
  const signing = async () => {
    throw new Error("nobody signs");
  };
  return open({ apiBase, network: {}, credentials, signing, clock: systemClock });
}
