import { LoginFailed } from "../../collector/ports.ts";
import { PushCliError } from "../../errors.ts";
import { parseApiBase, queryParameter } from "../http/api-base.ts";
import type { HttpReply } from "../http/exchange.ts";
import { type Http, openHttp } from "../http/http.ts";
import { safeText } from "../http/safe-text.ts";
import type { CollectorAccount } from "./account.ts";
import { parseAnswer, parseFields } from "./answer.ts";
import { statusText } from "./send-answer.ts";
import { classify, type ErrcodeTable } from "./verdicts.ts";

/** For users who wait for a page: a whole request may take twice this. */
const TIMEOUT_MS = 4000;
/** Concurrent requests; further ones wait for a connection. */
const CONNECTIONS = 16;
/** The vendor's have 32 characters. */
const LOGIN_CODE = /^[!-~]{1,256}$/;
/** The vendor's openIds have 28 of these characters; Redis keys contain them unescaped. */
const OPEN_ID = /^[\w-]{1,128}$/;

/** Whether an openId can be part of a key. */
export function isUsableOpenId(text: string): boolean {
  return OPEN_ID.test(text);
}

/** The endpoint that tells which user a login code belongs to. */
export interface LoginEndpoint {
  /** The platform's name for messages. */
  platform: string;
  path: string;
  /** `permission_refused`: the code is invalid, and the client needs another one. */
  table: ErrcodeTable;
}

export interface Login {
  /** The openId of the user whose client got this code. Throws `LoginFailed`, without the secret or the code. */
  login(code: string): Promise<string>;
  close(): Promise<void>;
}

/**
 * GET /sns/jscode2session (WeChat's page on code2Session; QQ has the same). A code is good for one answer, so no request is
 * repeated: a client whose login failed gets another code. The session_key in the answer is not kept. Throws a `config` error
 * for an invalid API address.
 */
export function createLogin(
  { apiBase, network, credentials }: CollectorAccount,
  endpoint: LoginEndpoint,
): Login {
  const { origin, host, prefix } = parseApiBase(apiBase);
  // Opened by the first login: loading undici takes longer than starting the collector.
  let http: Promise<Http> | undefined;
  const open = () => openHttp({ origin, host, connections: CONNECTIONS, timeoutMs: TIMEOUT_MS, network });
  return {
    login: async (code) => {
      if (!LOGIN_CODE.test(code)) throw new LoginFailed("refused", "this can't be a login code");
      const { appid, appsecret } = configured(credentials);
      http ??= open();
      const path = `${prefix}${endpoint.path}?${queryOf(appid, appsecret, code)}`;
      const reply = await (await http).request({ method: "GET", path });
      return judgeReply(reply, endpoint, [appsecret, code]);
    },
    close: async () => (await http)?.close(),
  };
}

function configured(
  credentials: CollectorAccount["credentials"],
): ReturnType<CollectorAccount["credentials"]> {
  try {
    return credentials();
  } catch (error) {
    if (!(error instanceof PushCliError)) throw error;
    throw new LoginFailed("misconfigured", error.message);
  }
}

function queryOf(appid: string, appsecret: string, code: string): string {
  return [
    queryParameter("appid", appid),
    queryParameter("secret", appsecret),
    queryParameter("js_code", code),
    queryParameter("grant_type", "authorization_code"),
  ].join("&");
}

function judgeReply(
  reply: HttpReply,
  { platform, table }: LoginEndpoint,
  secrets: readonly string[],
): string {
  if (reply.kind === "failure") throw new LoginFailed("busy", reply.reason);
  const { status, text } = reply;
  const { errcode = 0, errmsg = "" } = parseAnswer(text) ?? {};
  if (status >= 500 || status === 429)
    throw new LoginFailed("busy", `${platform} answered ${statusText(status)}`);
  if (errcode !== 0) throw failureOf(errcode, safeText(errmsg, secrets), table);
  // The answer of another server: the address doesn't exist, or has moved.
  if (status >= 300) throw new LoginFailed("misconfigured", `the API answered ${statusText(status)}`);
  const openId = parseFields(text)?.openid;
  if (typeof openId === "string" && isUsableOpenId(openId)) return openId;
  throw new LoginFailed("busy", "the answer of the API holds no openId");
}

function failureOf(errcode: number, said: string, table: ErrcodeTable): LoginFailed {
  const { class: answerClass, meaning, hint } = classify(table, errcode);
  const words = [`errcode ${errcode}`, meaning ?? (said && `"${said}"`)].filter(Boolean).join(", ");
  if (answerClass === "permission_refused") return new LoginFailed("refused", words, errcode);
  const passes = answerClass === "ambiguous" || answerClass === "quota";
  if (passes) return new LoginFailed("busy", words, errcode);
  return new LoginFailed("misconfigured", hint === undefined ? words : `${words}; ${hint}`, errcode);
}
