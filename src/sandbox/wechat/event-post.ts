import { randomBytes } from "node:crypto";
import type { Callback } from "./callback-options.ts";
import { encryptMessage, signTexts } from "./envelope.ts";
import {
  type PlatformEvent,
  renderEncrypted,
  renderJsonEvent,
  renderStray,
  renderXmlEvent,
} from "./events.ts";

/** In all: the first and two more. */
const TRIES = 3;

/** One body for the callback URL. */
export interface EventPost {
  openId: string;
  /** As it is, or as it is before it is encrypted. */
  plain: string;
  appid: string;
}

/** The event itself; `chance` draws a percentage. */
export function postOf(
  event: PlatformEvent,
  callback: Callback,
  appid: string,
  chance: (percent: number) => boolean,
): EventPost {
  const padding = callback.format === "xml" && chance(callback.paddedPercent) ? "\n" : "";
  const plain = callback.format === "xml" ? renderXmlEvent(event, padding) : renderJsonEvent(event);
  return { openId: event.openId, plain, appid };
}

/** Something unrelated; encrypted, it is another app's. */
export function strayPost({ openId, createdSec }: PlatformEvent, { format }: Callback): EventPost {
  return { openId, plain: renderStray(openId, createdSec, format), appid: "wx-another-app" };
}

/** Posts it until it is answered, at most three times, `answerMs` apart. Whether it was. */
export async function deliverPost(
  post: EventPost,
  callback: Callback,
  now: () => number,
  stop: AbortSignal,
): Promise<boolean> {
  for (let tries = 0; tries < TRIES && !stop.aborted; tries += 1) {
    const deadline = AbortSignal.timeout(callback.answerMs);
    if (await postOnce(post, callback, now, AbortSignal.any([stop, deadline]))) return true;
    if (tries < TRIES - 1) await passed(AbortSignal.any([stop, deadline]));
  }
  return false;
}

/** Any 200 is an answer: a body other than `success` would be taken for a reply to the user. */
async function postOnce(
  post: EventPost,
  callback: Callback,
  now: () => number,
  signal: AbortSignal,
): Promise<boolean> {
  const { url, body, contentType } = renderRequest(post, callback, Math.floor(now() / 1000));
  const headers = { "content-type": contentType };
  try {
    const response = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    // Nobody there, a broken connection, no answer in time: all the same to the platform.
    return false;
  }
}

/** The query signs the time, in safe mode the body too, each try anew. */
function renderRequest({ openId, plain, appid }: EventPost, callback: Callback, sec: number) {
  const { token, format, aesKey, compatible } = callback;
  const timestamp = String(sec);
  const nonce = String(randomBytes(4).readUInt32BE());
  const url = new URL(callback.url);
  const query = url.searchParams;
  query.set("signature", signTexts(token, timestamp, nonce));
  query.set("timestamp", timestamp);
  query.set("nonce", nonce);
  query.set("openid", openId);
  const contentType = format === "json" ? "application/json" : "text/xml";
  if (aesKey === undefined) return { url, body: plain, contentType };
  const encrypted = encryptMessage(plain, aesKey, appid);
  query.set("encrypt_type", "aes");
  query.set("msg_signature", signTexts(token, timestamp, nonce, encrypted));
  return { url, body: renderEncrypted(encrypted, format, compatible ? plain : undefined), contentType };
}

function passed(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
