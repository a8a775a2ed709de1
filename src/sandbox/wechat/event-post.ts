import { randomBytes } from "node:crypto";
import type { Callback } from "./callback-options.ts";
import { encryptMessage, signTexts } from "./envelope.ts";
import {
  type PlatformEvent,
  renderEncrypted,
  renderJsonEvent,
  renderOther,
  renderXmlEvent,
} from "./events.ts";

/** In total: the first and two more. */
const TRIES = 3;
/** "CheckContainerPath" (vendor's page on message push to cloud hosting). */
const CONTAINER_CHECK = '{"action":"CheckContainerPath"}';

/** One body for the callback URL. */
export interface EventPost {
  openId: string;
  /** The body as sent, or before it is encrypted. */
  plain: string;
  appid: string;
}

/** The event itself; `chance` decides with a given percentage. */
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

/** An unrelated event; if encrypted, it is for another app. */
export function strayPost({ openId, createdSec }: PlatformEvent, { format }: Callback): EventPost {
  const plain = renderOther(openId, createdSec, format, { event: "user_enter_tempsession" });
  return { openId, plain, appid: "wx-another-app" };
}

/**
 * Asks the callback to echo a number, as the platform does before it accepts an address; cloud hosting posts a check of its
 * own instead. Returns whether the answer is right.
 */
export async function verifyCallback(callback: Callback, now: () => number): Promise<boolean> {
  const url = callback.cloudHosting ? new URL(callback.url) : signedUrl(callback, Math.floor(now() / 1000));
  const echo = callback.cloudHosting ? "success" : String(randomBytes(6).readUIntBE(0, 6));
  if (!callback.cloudHosting) url.searchParams.set("echostr", echo);
  const check = { method: "POST", headers: { "content-type": "application/json" }, body: CONTAINER_CHECK };
  try {
    const response = await fetch(url, {
      ...(callback.cloudHosting && check),
      signal: AbortSignal.timeout(callback.answerMs),
      redirect: "manual",
    });
    return (await response.text()) === echo && response.status === 200;
  } catch {
    // No server, or no answer in time.
    return false;
  }
}

/** Posts it until it is answered, at most three times, `answerMs` apart. Returns whether it was. */
export async function deliverPost(
  post: EventPost,
  callback: Callback,
  now: () => number,
  stop: AbortSignal,
): Promise<boolean> {
  for (let tries = 1; tries <= TRIES && !stop.aborted; tries += 1) {
    const deadline = startDeadline(callback.answerMs, stop);
    const isAnswered = await postOnce(post, callback, now, deadline.signal);
    if (!isAnswered && tries < TRIES) await deadline.passed;
    deadline.clear();
    if (isAnswered) return true;
  }
  return false;
}

/** Not AbortSignal.any with a timeout: Node 20 may garbage-collect that while it is being waited for, and it never fires. */
function startDeadline(ms: number, stop: AbortSignal) {
  const controller = new AbortController();
  const { signal } = controller;
  const passed = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  const abort = () => controller.abort();
  const timer = setTimeout(abort, ms).unref();
  stop.addEventListener("abort", abort);
  const clear = () => {
    clearTimeout(timer);
    stop.removeEventListener("abort", abort);
  };
  return { signal, passed, clear };
}

/** Any 200 is an answer; the platform would treat a body other than `success` as a reply to the user. */
async function postOnce(
  post: EventPost,
  callback: Callback,
  now: () => number,
  signal: AbortSignal,
): Promise<boolean> {
  const { url, body } = renderRequest(post, callback, Math.floor(now() / 1000));
  const headers = {
    "content-type": callback.format === "json" ? "application/json" : "text/xml",
    ...(callback.cloudHosting && { "x-wx-sources": "sandbox" }),
  };
  try {
    const response = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    // No server, a broken connection, no answer in time: all the same to the platform.
    return false;
  }
}

/** The query contains the signature of the time, in safe mode also of the body, new for each attempt. */
function renderRequest({ openId, plain, appid }: EventPost, callback: Callback, sec: number) {
  const { token, format, aesKey, compatible, cloudHosting } = callback;
  if (cloudHosting) return { url: new URL(callback.url), body: plain };
  const url = signedUrl(callback, sec);
  const query = url.searchParams;
  query.set("openid", openId);
  if (aesKey === undefined) return { url, body: plain };
  const encrypted = encryptMessage(plain, aesKey, appid);
  query.set("encrypt_type", "aes");
  query.set("msg_signature", signTexts(token, String(sec), query.get("nonce") ?? "", encrypted));
  return { url, body: renderEncrypted(encrypted, format, compatible ? plain : undefined) };
}

function signedUrl({ url: address, token }: Callback, sec: number): URL {
  const url = new URL(address);
  const timestamp = String(sec);
  const nonce = String(randomBytes(4).readUInt32BE());
  url.searchParams.set("signature", signTexts(token, timestamp, nonce));
  url.searchParams.set("timestamp", timestamp);
  url.searchParams.set("nonce", nonce);
  return url;
}
