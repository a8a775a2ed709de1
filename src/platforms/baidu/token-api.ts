import type { Clock } from "../../clock.ts";
import { PushCliError } from "../../errors.ts";
import type { IssuedToken, TokenApi } from "../../token/ports.ts";
import { parseFields } from "../errcode/answer.ts";
import { askForToken } from "../errcode/ask-for-token.ts";
import { BASE_HINT, statusText } from "../errcode/send-answer.ts";
import { readToken, type TokenVerdict } from "../errcode/token-answer.ts";
import { TOKEN_WAIT_MS } from "../errcode/token-retry.ts";
import type { HttpReply } from "../http/exchange.ts";
import { openHttp } from "../http/http.ts";
import type { Network } from "../http/network.ts";
import { readRetryAfter } from "../http/retry-after.ts";
import { safeText } from "../http/safe-text.ts";
import { TOKEN_ERRORS, TOKEN_HINT } from "./errcodes.ts";
import { FORM_TYPE, TOKEN_GRANT } from "./wire.ts";

export interface TokenApiOptions {
  origin: string;
  /** `host:port`, for use in messages. */
  host: string;
  /** Path of the token endpoint. */
  path: string;
  /** Called before each request to the platform. The appid is Baidu's AppKey. Throws a PushCliError. */
  credentials(): { appid: string; appsecret: string };
  /** For the answer; a whole request may take twice this, and there are up to three. */
  timeoutMs: number;
  clock: Clock;
  network?: Network | undefined;
}

/**
 * Baidu's token endpoint, which issues a token for 30 days; tokens issued before stay valid (K). The secret is sent in the
 * body, so that no log of URLs contains it. A refusal (`{"error","error_description"}`) rejects at once; temporary failures
 * are tried three times.
 */
export function createTokenApi(options: TokenApiOptions): TokenApi {
  return { modeOf: () => "basic", fetchToken: () => fetchToken(options, options.credentials()) };
}

async function fetchToken(
  { origin, host, path, timeoutMs, clock, network }: TokenApiOptions,
  { appid, appsecret }: { appid: string; appsecret: string },
): Promise<IssuedToken> {
  const parameters = { ...TOKEN_GRANT, client_id: appid, client_secret: appsecret };
  const request = { method: "POST", path, body: new URLSearchParams(parameters).toString() } as const;
  // Used for one fetch in 30 days: there is nothing to keep alive or to close later.
  const http = await openHttp({ origin, host, connections: 1, timeoutMs, network, contentType: FORM_TYPE });
  try {
    return await askForToken(http, request, clock, (reply) => judge(reply, { host, appid, appsecret }));
  } finally {
    await http.close();
  }
}

function judge(
  reply: HttpReply,
  { host, appid, appsecret }: { host: string; appid: string; appsecret: string },
): TokenVerdict {
  const transient = (
    reason: string,
    hint = "check the network and --api-base, then try again",
  ): TokenVerdict => {
    const details = { hint, transient: true, waitMs: waitOf(reply) };
    return {
      kind: "transient",
      error: new PushCliError("api", `no access token from ${host}: ${reason}`, details),
    };
  };
  if (reply.kind === "failure") return transient(reply.reason, reply.hint);
  if (reply.status >= 500 || reply.status === 429) return transient(statusText(reply.status));
  const { error: word, error_description: told } = parseFields(reply.text) ?? {};
  // OAuth refuses with 400 or 401.
  if (typeof word === "string" && word !== "") {
    const said = [word, told].map((text) => (typeof text === "string" ? safeText(text, [appsecret]) : ""));
    const what = [said[0], TOKEN_ERRORS.get(word), said[1] && `"${said[1]}"`].filter(Boolean).join(", ");
    const message = `no access token for AppKey "${appid}": ${what}`;
    return { kind: "refused", error: new PushCliError("credentials", message, { hint: TOKEN_HINT }) };
  }
  if (reply.status >= 300) {
    const details = { hint: BASE_HINT };
    const message = `${host} answered ${statusText(reply.status)}`;
    return { kind: "refused", error: new PushCliError("api", message, details) };
  }
  const token = readToken(reply.text);
  return typeof token === "string"
    ? transient(`its answer holds no usable access token: ${token}`)
    : { kind: "issued", token };
}

/** How long to wait before another attempt, ms, if the endpoint itself says that it is busy. */
function waitOf(reply: HttpReply): number | undefined {
  if (reply.kind === "failure") return undefined;
  if (reply.status === 429) return readRetryAfter(reply) ?? TOKEN_WAIT_MS;
  return reply.status >= 500 ? (readRetryAfter(reply) ?? 0) : undefined;
}
