import type { Clock } from "../../clock.ts";
import type { IssuedToken, TokenApi, TokenMode } from "../../token/ports.ts";
import { queryParameter } from "../http/api-base.ts";
import { openHttp } from "../http/http.ts";
import type { HttpRequest } from "../http/lanes.ts";
import type { Network } from "../http/network.ts";
import { type Endpoints, endpointsAt } from "./endpoints.ts";
import { judgeTokenReply } from "./token-answer.ts";
import { markWeather } from "./token-weather.ts";
import type { WireStableTokenRequest } from "./wire.ts";

export interface TokenApiOptions {
  apiBase: string;
  appid: string;
  appsecret: string;
  /** For the answer; a whole request gets at most twice this, and there are up to three. */
  timeoutMs: number;
  clock: Clock;
  network?: Network | undefined;
}

const TRIES = 3;
/** No try begins later than this after the first: others wait for the token, too. */
const TRY_WITHIN_MS = 12_000;
const BACKOFF_MS = 200;

/**
 * The platform's token endpoints. Refusals reject at once; what may pass (unreachable, HTTP 5xx, busy, garbage) is
 * tried three times. Throws a `config` error when `apiBase` can't be used.
 */
export function createTokenApi(options: TokenApiOptions): TokenApi {
  const endpoints = endpointsAt(options.apiBase);
  return {
    modeOf: (wanted) => modeOf(endpoints, wanted),
    fetchToken: (mode, force) =>
      fetchToken(options, endpoints, tokenRequest(options, endpoints, mode, force)),
  };
}

/** `modeOf` of the API at `apiBase`, for which no credentials are needed. */
export function tokenModeAt(apiBase: string, wanted: TokenMode): TokenMode {
  return modeOf(endpointsAt(apiBase), wanted);
}

function modeOf({ paths }: Endpoints, wanted: TokenMode): TokenMode {
  return paths.stableToken === undefined ? "basic" : wanted;
}

async function fetchToken(
  { appid, appsecret, timeoutMs, clock, network }: TokenApiOptions,
  { origin, host }: Endpoints,
  request: HttpRequest,
): Promise<IssuedToken> {
  // Opened for one fetch, once in two hours: there is nothing to keep alive or to close later.
  const http = await openHttp({ origin, host, connections: 1, timeoutMs, network });
  const tryUntilMs = clock.monotonic() + TRY_WITHIN_MS;
  try {
    for (let attempt = 1; ; attempt++) {
      const reply = await http.request(request);
      const verdict = judgeTokenReply(reply, { appid, appsecret, host, path: request.path });
      if (verdict.kind === "issued") return verdict.token;
      const isLast = attempt === TRIES || clock.monotonic() > tryUntilMs;
      if (verdict.kind === "refused" || isLast) throw markWeather(verdict.error, reply, clock.now());
      await clock.sleep(BACKOFF_MS * 2 ** (attempt - 1) * (1 + clock.random()));
    }
  } finally {
    await http.close();
  }
}

function tokenRequest(
  { appid, appsecret }: TokenApiOptions,
  { paths }: Endpoints,
  mode: TokenMode,
  force: boolean,
): HttpRequest {
  if (paths.stableToken === undefined || mode === "basic") {
    const query = [
      queryParameter("grant_type", "client_credential"),
      queryParameter("appid", appid),
      queryParameter("secret", appsecret),
    ];
    return { method: "GET", path: `${paths.token}?${query.join("&")}` };
  }
  const body: WireStableTokenRequest = {
    grant_type: "client_credential",
    appid,
    secret: appsecret,
    force_refresh: force,
  };
  return { method: "POST", path: paths.stableToken, body: JSON.stringify(body) };
}
