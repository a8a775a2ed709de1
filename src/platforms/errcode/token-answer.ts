import { PushCliError } from "../../errors.ts";
import type { IssuedToken } from "../../token/ports.ts";
import type { HttpReply } from "../http/exchange.ts";
import { safeText } from "../http/safe-text.ts";
import { parseAnswer, parseFields } from "./answer.ts";
import { nameOwnAddress } from "./own-address.ts";
import { BASE_HINT, statusText } from "./send-answer.ts";
import { classify, type ErrcodeTable } from "./verdicts.ts";

export type TokenVerdict =
  | { kind: "issued"; token: IssuedToken }
  /** A retry will not help. */
  | { kind: "refused"; error: PushCliError }
  /** Temporary: unreachable, HTTP 5xx, busy, or an answer that can't be read. */
  | { kind: "transient"; error: PushCliError };

export interface TokenContext {
  appid: string;
  /** Kept out of every text. */
  appsecret: string;
  host: string;
  /** The newer of two token endpoints, if it was used. */
  stablePath?: string | undefined;
  table: ErrcodeTable;
}

/** Interprets one answer of a token endpoint. */
export function judgeTokenReply(reply: HttpReply, context: TokenContext): TokenVerdict {
  if (reply.kind === "failure") return transient(context, reply.reason, reply.hint);
  if (reply.status >= 500) return transient(context, statusText(reply.status));
  const { errcode = 0, errmsg = "" } = parseAnswer(reply.text) ?? {};
  if (errcode !== 0) return judgeErrcode(errcode, errmsg, context);
  if (reply.status >= 300) return refusedStatus(reply.status, context);
  const token = readToken(reply.text);
  return typeof token === "string"
    ? transient(
        context,
        `its answer holds no usable access token: ${token}`,
        reply.text === "" ? EMPTY_HINT : BASE_HINT,
      )
    : { kind: "issued", token };
}

const EMPTY_HINT =
  "some platforms answer so to a wrong PUSH_CLI_APPID or PUSH_CLI_APPSECRET; check --api-base, too";

/** At most 512 characters, as the vendor asks to reserve; printable ones, because it is part of a URL (encoded). */
const TOKEN = /^[!-~]+$/;
const MAX_TOKEN = 512;
/**
 * For an answer without a lifetime, which WeChat never sends. Too long a guess would leave an expired token to everyone
 * who reads it from Redis; too short a one costs a call every five minutes.
 */
const UNSTATED_LIFETIME_SEC = 600;

/** The token in an answer; or what is wrong with the answer, without quoting it. */
export function readToken(text: string): IssuedToken | string {
  if (text.trim() === "") return "it is empty";
  const fields = parseFields(text);
  if (!fields) return "it is not a JSON object";
  const { access_token: token, expires_in: lifetime } = fields;
  if (token === undefined) return "it has no access_token";
  if (typeof token !== "string") return "access_token is not text";
  if (token === "") return "access_token is empty";
  if (token.length > MAX_TOKEN) return `access_token has more than ${MAX_TOKEN} characters`;
  if (!TOKEN.test(token)) return "access_token has white space or odd characters in it";
  const expiresInSec = readLifetime(lifetime);
  return expiresInSec === undefined ? "expires_in is not a number of seconds" : { token, expiresInSec };
}

function readLifetime(lifetime: unknown): number | undefined {
  if (lifetime === undefined || lifetime === null) return UNSTATED_LIFETIME_SEC;
  const isText = typeof lifetime === "string" && /^\s*\d+(\.\d+)?\s*$/.test(lifetime);
  const sec = isText ? Number(lifetime) : lifetime;
  return typeof sec === "number" && sec > 0 ? sec : undefined;
}

function judgeErrcode(errcode: number, errmsg: string, context: TokenContext): TokenVerdict {
  const verdict = classify(context.table, errcode);
  const said = safeText(errmsg, [context.appsecret]);
  const what = [`errcode ${errcode}`, verdict.meaning, said && `"${said}"`].filter(Boolean).join(", ");
  if (verdict.class === "ambiguous") return transient(context, what);
  const overQuota = verdict.class === "quota" || errcode === DAY_QUOTA;
  const message = `no access token for appid "${context.appid}": ${what}`;
  const isElsewhere = errcode === INVALID_URL;
  const hint = isElsewhere ? addressHint(context) : nameOwnAddress(verdict.hint, said);
  return {
    kind: "refused",
    error: new PushCliError(overQuota || isElsewhere ? "api" : "credentials", message, { hint }),
  };
}

const DAY_QUOTA = 45009;
const INVALID_URL = 40066;

function refusedStatus(status: number, context: TokenContext): TokenVerdict {
  const isElsewhere = status === 404 || status === 405;
  const hint = status === 429 ? "try again in a minute" : isElsewhere ? addressHint(context) : BASE_HINT;
  return {
    kind: "refused",
    error: new PushCliError("api", `${context.host} answered ${statusText(status)}`, { hint }),
  };
}

/** For an address that doesn't exist: compatible APIs often have only the older token endpoint. */
function addressHint({ stablePath }: TokenContext): string {
  if (stablePath === undefined) return BASE_HINT;
  return `if this API has no ${stablePath}, use --token-mode basic; else ${BASE_HINT}`;
}

function transient({ host }: TokenContext, reason: string, hint?: string): TokenVerdict {
  const message = `no access token from ${host}: ${reason}`;
  const fallback = "check the network and --api-base, then try again";
  return { kind: "transient", error: new PushCliError("api", message, { hint: hint ?? fallback }) };
}
