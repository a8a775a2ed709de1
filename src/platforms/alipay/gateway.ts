import { parseApiBase } from "../http/api-base.ts";
import { GATEWAY_PATH } from "./wire.ts";

/**
 * The gateway's address; its path may be part of `--api-base`, as in the vendor's documentation. Throws a `config`
 * error.
 */
export function gatewayOf(apiBase: string): { origin: string; host: string; path: string } {
  const { origin, host, prefix } = parseApiBase(apiBase);
  return { origin, host, path: prefix.endsWith(GATEWAY_PATH) ? prefix : prefix + GATEWAY_PATH };
}
