import type { Clock } from "../../clock.ts";
import type { IssuedToken, TokenApi, TokenMode } from "../../token/ports.ts";
import { queryParameter } from "../http/api-base.ts";
import { openHttp } from "../http/http.ts";
import type { HttpRequest } from "../http/lanes.ts";
import type { Network } from "../http/network.ts";
import { askForToken } from "./ask-for-token.ts";
import { judgeTokenReply } from "./token-answer.ts";
import { markTransient } from "./token-retry.ts";
import type { ErrcodeTable } from "./verdicts.ts";

/** Where a platform issues tokens; paths include the prefix of the API's address. */
export interface TokenEndpoints {
  origin: string;
  /** `host:port`, for use in messages. */
  host: string;
  /** GET, with the secret in the query. */
  token: string;
  /** POST; absent if the platform has no such call. */
  stableToken?: string | undefined;
  /** The path of the latter without the prefix, for hints. */
  stableName?: string | undefined;
  table: ErrcodeTable;
}

export interface TokenApiOptions {
  endpoints: TokenEndpoints;
  /**
   * Called only before requests to the platform: reading the stored token needs no secret. Throws a PushCliError.
   */
  credentials(): { appid: string; appsecret: string };
  /** For the answer; a whole request may take twice this, and there are up to three. */
  timeoutMs: number;
  clock: Clock;
  network?: Network | undefined;
}

/**
 * The platform's token endpoints. Refusals reject at once; temporary failures (unreachable, HTTP 5xx, busy,
 * garbage) are tried three times.
 */
export function createTokenApi(options: TokenApiOptions): TokenApi {
  const { endpoints } = options;
  const modeOf = (wanted: TokenMode) => (endpoints.stableToken === undefined ? "basic" : wanted);
  return {
    modeOf,
    fetchToken: (mode, force) => fetchToken(options, options.credentials(), modeOf(mode), force),
  };
}

async function fetchToken(
  { endpoints, timeoutMs, clock, network }: TokenApiOptions,
  credentials: ReturnType<TokenApiOptions["credentials"]>,
  mode: TokenMode,
  force: boolean,
): Promise<IssuedToken> {
  const { origin, host, table, stableName } = endpoints;
  const request = tokenRequest(endpoints, credentials, mode, force);
  const stablePath = mode === "stable" ? stableName : undefined;
  // Used for one fetch, once in two hours: there is nothing to keep alive or to close later.
  const http = await openHttp({ origin, host, connections: 1, timeoutMs, network });
  try {
    return await askForToken(http, request, clock, (reply) => {
      const verdict = judgeTokenReply(reply, { ...credentials, host, stablePath, table });
      if (verdict.kind === "issued") return verdict;
      return { ...verdict, error: markTransient(verdict.error, reply, clock.now(), table) };
    });
  } finally {
    await http.close();
  }
}

function tokenRequest(
  { token, stableToken }: TokenEndpoints,
  { appid, appsecret }: ReturnType<TokenApiOptions["credentials"]>,
  mode: TokenMode,
  force: boolean,
): HttpRequest {
  if (stableToken === undefined || mode === "basic") {
    const query = [
      queryParameter("grant_type", "client_credential"),
      queryParameter("appid", appid),
      queryParameter("secret", appsecret),
    ];
    return { method: "GET", path: `${token}?${query.join("&")}` };
  }
  const body = { grant_type: "client_credential", appid, secret: appsecret, force_refresh: force };
  return { method: "POST", path: stableToken, body: JSON.stringify(body) };
}
