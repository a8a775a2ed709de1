import type { TokenEndpoints } from "../errcode/token-api.ts";
import { parseApiBase } from "../http/api-base.ts";
import { TOKEN_ENDPOINT } from "./errcodes.ts";
import { PATHS } from "./wire.ts";

/** Both token endpoints of WeChat. Throws a `config` error for an invalid address. */
export function tokenEndpoints(apiBase: string): TokenEndpoints {
  const { origin, host, prefix } = parseApiBase(apiBase);
  return {
    origin,
    host,
    token: prefix + PATHS.token,
    stableToken: prefix + PATHS.stableToken,
    stableName: PATHS.stableToken,
    table: TOKEN_ENDPOINT,
  };
}
