import { randomBytes } from "node:crypto";
import type { Reply } from "./server.ts";

/** The platform's messages, abbreviated; clients must use the errcode. */
const ERRMSGS: Record<number | string, string> = {
  [-1]: "system error",
  40001: "invalid credential, access_token is invalid or not latest",
  40002: "invalid grant_type",
  40003: "invalid openid",
  40013: "invalid appid",
  40029: "invalid code",
  40037: "invalid template_id",
  40038: "daily limit of the template for this user reached",
  40125: "invalid appsecret",
  40163: "code been used",
  41001: "access_token missing",
  41002: "appid missing",
  41004: "appsecret missing",
  41028: "invalid form id",
  41029: "form id used count reach limit",
  41008: "missing code",
  41030: "invalid page",
  42001: "access_token expired",
  40165: "invalid weapp pagepath",
  43001: "require GET method",
  43002: "require POST method",
  43004: "require subscribe",
  43101: "user refuse to accept the msg",
  43108: "concurrent calls for the same openid",
  45009: "reach max api daily quota limit",
  45011: "api minute-quota reach limit, must slower, retry next minute",
  45103: "this api has been withdrawn",
  45168: "the message contains a blocked word",
  47001: "data format error",
  47003: "argument invalid",
  76003: "cgi_path is not a path",
  76021: "cgi_path not found, please check",
  76022: "could not use this cgi_path, no permission",
};

const JSON_TYPE = "application/json; charset=UTF-8";
/** An HTML page as from a proxy: nothing in it parses as JSON. */
const BAD_GATEWAY =
  "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n";
const PORTAL =
  "<!DOCTYPE html><html><head><title>Welcome to Hotel Wi-Fi</title></head><body><p>Please log in.</p></body></html>\n";
const GARBAGE = "\u0000\u0001upstream connect error or disconnect/reset before headers";

let messages = 0;
let refusals = 0;

/** 19 digits: as a number literal, JSON.parse would round it. */
export function nextMsgid(): string {
  messages += 1;
  return `2${String(messages).padStart(18, "40000000")}`;
}

/** The body of the answer to a successful send. */
export function renderDelivered(msgid = nextMsgid()): string {
  return `{"errcode":0,"errmsg":"ok","msgid":${msgid}}`;
}

export function renderErrcode(
  errcode: number | string,
  errmsg = ERRMSGS[errcode] ?? "unknown error",
): string {
  return `{"errcode":${errcode},"errmsg":"${errmsg} rid: ${renderRequestId()}"}`;
}

export function sendJson(reply: Reply, body: string, status = 200): void {
  reply.send(status, JSON_TYPE, body);
}

export function sendText(reply: Reply, status: number, body: string): void {
  reply.send(status, "text/plain; charset=UTF-8", body);
}

export function sendBadGateway(reply: Reply): void {
  reply.send(502, "text/html", BAD_GATEWAY);
}

export function sendPortal(reply: Reply): void {
  reply.send(200, "text/html", PORTAL);
}

export function sendGarbage(reply: Reply): void {
  reply.send(200, "text/plain", GARBAGE);
}

export function sendTruncated(reply: Reply, body: string): void {
  reply.truncate(JSON_TYPE, body);
}

/** Three groups of eight hex digits, the last one random: `rid: 0000002a-66f1c2d3-5e0c9a41`. */
function renderRequestId(): string {
  refusals += 1;
  const count = refusals.toString(16).padStart(8, "0");
  const seconds = Math.floor(performance.now() / 1000)
    .toString(16)
    .padStart(8, "0");
  return `${count}-${seconds}-${randomBytes(4).toString("hex")}`;
}
