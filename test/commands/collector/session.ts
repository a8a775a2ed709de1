import { createHash, createHmac } from "node:crypto";
import { SECRET } from "./running.ts";

/** A session token by the rules of RFC 7519 alone, so that it does not share a fault with what verifies it. */
export function signSession(openId: string, secret = SECRET): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const iat = Math.floor(Date.now() / 1000);
  const signed = `${part({ alg: "HS256" })}.${part({ sub: openId, iat, exp: iat + 600 })}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

export function bearer(openId: string): { authorization: string } {
  return { authorization: `Bearer ${signSession(openId)}` };
}

/** The path of the callback with the platform's signature. */
export function signedCallback(token: string, more: Record<string, string> = {}): string {
  const [timestamp, nonce] = [String(Math.floor(Date.now() / 1000)), "n1"];
  const signature = createHash("sha1").update([token, timestamp, nonce].sort().join("")).digest("hex");
  return `/callback?${new URLSearchParams({ signature, timestamp, nonce, ...more })}`;
}

/** An event of a prompt that a user has answered. */
export function popupEvent(openId: string, templateId: string): Record<string, unknown> {
  const list = [{ TemplateId: templateId, SubscribeStatusString: "accept", PopupScene: "0" }];
  return {
    ToUserName: "gh_1",
    FromUserName: openId,
    CreateTime: Math.floor(Date.now() / 1000),
    MsgType: "event",
    Event: "subscribe_msg_popup_event",
    List: list,
  };
}
