import { createHmac } from "node:crypto";
import type { NotifyFormat } from "./format.ts";
import type { HookRequest } from "./ports.ts";

/** What is told. */
export interface Notification {
  event: string;
  /** The same in each attempt, and of no other notification. */
  eventId: string;
  /** As `--json` prints it. */
  document: object;
  /** The same for people; lines of plain text. */
  text: string;
}

interface Sending {
  format: NotifyFormat;
  /** Absent: nothing is signed. */
  secret?: string | undefined;
  /** Epoch ms. */
  nowMs: number;
}

/**
 * Of a message: WeCom takes 2048 bytes of text, the others more (DingTalk and Feishu 20 KB, Slack 40,000 characters). Text and
 * not Markdown: each of the four has another dialect, WeCom's is not shown in WeChat, and what the API says may hold any
 * character.
 */
const MAX_BYTES = 2048;

/** The request that tells it. */
export function requestOf(notification: Notification, sending: Sending): HookRequest {
  return { method: "POST", ...FORMATS[sending.format](notification, sending) };
}

const FORMATS: Record<
  NotifyFormat,
  (notification: Notification, sending: Sending) => Omit<HookRequest, "method">
> = {
  json: ({ event, eventId, document }, { secret, nowMs }) => {
    const body = JSON.stringify({ event, eventId, sentAt: new Date(nowMs).toISOString(), ...document });
    const headers = secret === undefined ? {} : { "x-push-cli-signature": signBody(body, secret, nowMs) };
    return { body, headers };
  },
  // developer.work.weixin.qq.com/document/path/91770
  wecom: ({ text }) => ({ body: messageOf(text) }),
  dingtalk: ({ text }, sending) => ({ body: messageOf(text), parameters: signDingTalk(sending) }),
  feishu: ({ text }, sending) => {
    // <at user_id="all"> would call everybody.
    const content = { text: cut(text.replaceAll("<", "＜")) };
    return { body: JSON.stringify({ ...signFeishu(sending), msg_type: "text", content }) };
  },
  // docs.slack.dev/messaging/formatting-message-text: <!channel> would call everybody.
  slack: ({ text }) => {
    // Cut first: a cut within an escape would show the rest of it. Escaped it is still far below what Slack takes.
    const escaped = cut(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
    return { body: JSON.stringify({ text: escaped }) };
  },
};

/** WeCom and DingTalk take the same. */
function messageOf(text: string): string {
  return JSON.stringify({ msgtype: "text", text: { content: cut(text) } });
}

/** `t=<unix s>,v1=<hex>`: of the time and the body, so that an old body can't be sent again as a new one. */
function signBody(body: string, secret: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000);
  const hmac = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
  return `t=${seconds},v1=${hmac}`;
}

/** open.dingtalk.com, "custom robots: security settings": ms, at most an hour off. */
function signDingTalk({ secret, nowMs }: Sending): Record<string, string> {
  if (secret === undefined) return {};
  const sign = createHmac("sha256", secret).update(`${nowMs}\n${secret}`).digest("base64");
  return { timestamp: String(nowMs), sign };
}

/** open.feishu.cn, "custom bot usage guide": seconds, at most an hour off; the text that others sign is the key here. */
function signFeishu({ secret, nowMs }: Sending): Record<string, string> {
  if (secret === undefined) return {};
  const timestamp = String(Math.floor(nowMs / 1000));
  return { timestamp, sign: createHmac("sha256", `${timestamp}\n${secret}`).digest("base64") };
}

/** As much of a text as may be sent, in whole characters. */
function cut(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_BYTES) return text;
  const end = "...";
  let length = MAX_BYTES - end.length;
  while (((bytes[length] ?? 0) & 0xc0) === 0x80) length--;
  return `${bytes.subarray(0, length)}${end}`;
}
