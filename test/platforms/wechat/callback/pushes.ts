import {
  type CallbackReader,
  CallbackRefused,
  type CallbackRequest,
  type CallbackSecrets,
} from "../../../../src/collector/ports.ts";
import { encryptMessage, signTexts } from "../../../../src/sandbox/wechat/envelope.ts";
import { openPlatform } from "../collectors.ts";

export const TOKEN = "pushcli";
export const APPID = "wx0123456789abcdef";
/** Bytes 0 to 31. */
export const AES_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
export const OTHER_KEY = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ";
export const NOW_SEC = 1_795_000_001;

interface Changes extends Partial<CallbackSecrets> {
  appid?: string;
  cloudHosting?: boolean;
  nowSec?: number;
}

const platform = await openPlatform();

/** A reader as the collector gets it; without an AES key unless given. */
export function openReader({
  appid = APPID,
  cloudHosting = false,
  nowSec = NOW_SEC,
  ...secrets
}: Changes = {}): CallbackReader {
  const all = { token: TOKEN, ...secrets };
  return platform.callback!({ secrets: all, appid, cloudHosting, nowMs: () => nowSec * 1000 });
}

interface Signing {
  token?: string;
  timestamp?: string;
  nonce?: string;
}

/** A push of the plain mode. */
export function plainPush(
  body: string | Buffer,
  { token = TOKEN, timestamp = String(NOW_SEC), nonce = "42" }: Signing = {},
): CallbackRequest {
  const signature = signTexts(token, timestamp, nonce);
  return { query: { signature, timestamp, nonce, openid: "oUser1" }, headers: {}, body: Buffer.from(body) };
}

/** A push of the safe mode, around an `Encrypt` that need not be one. */
export function safePush(
  encrypted: string,
  { token = TOKEN, timestamp = String(NOW_SEC), nonce = "42" }: Signing = {},
  body: string = JSON.stringify({ ToUserName: "gh_1", Encrypt: encrypted }),
): CallbackRequest {
  const plain = plainPush(body, { token, timestamp, nonce });
  const msg_signature = signTexts(token, timestamp, nonce, encrypted);
  return { ...plain, query: { ...plain.query, encrypt_type: "aes", msg_signature } };
}

export function seal(message: string, aesKey = AES_KEY, appid = APPID): string {
  return encryptMessage(message, aesKey, appid);
}

/** Why something is refused; anything but a refusal is thrown on. */
export function refusalOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof CallbackRefused) return error.code;
    throw error;
  }
}

/** A subscribe event in JSON. */
export function eventJson(name: string, list: unknown, more: object = {}): string {
  const head = { ToUserName: "gh_1", FromUserName: "oUser1", CreateTime: 1_795_000_000, MsgType: "event" };
  return JSON.stringify({ ...head, Event: name, List: list, ...more });
}

export const POPUP = eventJson("subscribe_msg_popup_event", {
  TemplateId: "T1",
  SubscribeStatusString: "accept",
  PopupScene: "0",
});

/** What `POPUP` tells. */
export const GRANT = {
  kind: "grants",
  openId: "oUser1",
  key: "1795000000:subscribe_msg_popup_event",
  atMs: 1_795_000_000_000,
  templateIds: ["T1"],
};
