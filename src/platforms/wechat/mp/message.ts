import { createHash } from "node:crypto";
import type { Message, MessageInput } from "../../../broadcast/channel.ts";
import { usageError } from "../../../errors.ts";
import { type BodyFor, createJsonBody } from "../../errcode/json-body.ts";
import { toNamedMessage } from "../../errcode/template-message.ts";

/**
 * Makes the message from the command line's values, for listed users. It opens a page of a mini program, or a URL; if
 * both are given, the platform uses the mini program, and the URL is for clients that can't open it. Throws a usage
 * error.
 */
export function makeMpMessage(input: MessageInput): Message {
  const { url, miniprogramAppid } = input.options;
  if (url !== undefined) checkUrl(url);
  if (miniprogramAppid !== undefined && !/^\w{1,64}$/.test(miniprogramAppid)) {
    throw usageError(
      `--miniprogram-appid '${miniprogramAppid}' is not an appid`,
      "copy it from the mini program's console: wx and 16 digits or letters",
    );
  }
  if (input.page !== undefined && miniprogramAppid === undefined) {
    throw usageError(
      `--page '${input.page}': an official account has no pages`,
      "--miniprogram-appid names the mini program whose page it is; --url opens a web page",
    );
  }
  const options: Record<string, string> = {};
  if (url !== undefined) options.url = url;
  if (miniprogramAppid !== undefined) options.miniprogramAppid = miniprogramAppid;
  return { ...toNamedMessage(input), withoutPool: true, options };
}

function checkUrl(url: string): void {
  if (url.includes("{{"))
    throw usageError("--url is the same for all recipients", "columns can stand in values and in --page");
  if (URL.canParse(url) && /^https?:\/\//i.test(url) && !/\s/.test(url)) return;
  throw usageError(`--url '${url}' is not a web address`, "give it whole, such as https://example.com/a");
}

/**
 * The vendor names no limit for client_msg_id here; for mass messages, whose id has 64 bytes according to the page, ids
 * of 36 characters were reported as too long (45067).
 */
const ID_LENGTH = 32;

/**
 * The id by which the platform recognizes a repeat, for 10 minutes: the same in all attempts of a broadcast to a user.
 */
export function clientMsgId(broadcastId: string, openId: string): string {
  return createHash("sha1").update(`${broadcastId} ${openId}`).digest("hex").slice(0, ID_LENGTH);
}

/** `broadcastId`: undefined for a sample. Source: developers.weixin.qq.com, service accounts, "sendTemplateMessage". */
export function createMpBody(message: Message, broadcastId?: string): BodyFor {
  const { url, miniprogramAppid: appid } = message.options ?? {};
  const idOf = (openId: string) =>
    broadcastId === undefined ? "" : `,"client_msg_id":"${clientMsgId(broadcastId, openId)}"`;
  return createJsonBody(message, {
    head: ({ openId }) => `"touser":${JSON.stringify(openId)}${idOf(openId)}`,
    same: { url },
    link: (pagepath) => (appid === undefined ? {} : { miniprogram: { appid, pagepath } }),
  });
}
