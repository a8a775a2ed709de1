/** What a webhook takes. */
export type NotifyFormat = "json" | "wecom" | "dingtalk" | "feishu" | "slack";

const HOSTS: ReadonlyMap<string, NotifyFormat> = new Map([
  ["qyapi.weixin.qq.com", "wecom"],
  ["oapi.dingtalk.com", "dingtalk"],
  ["open.feishu.cn", "feishu"],
  ["open.larksuite.com", "feishu"],
  ["hooks.slack.com", "slack"],
]);

/** The format of the webhooks at a host. */
export function formatOfHost(hostname: string): NotifyFormat {
  return HOSTS.get(hostname) ?? "json";
}
