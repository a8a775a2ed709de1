import { type AlipayApi, adaptAlipayApi } from "./alipay-api.ts";
import type { FoundApi } from "./api.ts";
import { adaptQqApi, type QqApi } from "./qq-api.ts";

declare const wx: unknown;
declare const qq: unknown;
declare const swan: unknown;
declare const my: unknown;

/**
 * The platform's API: the given one, else the global object; without either, an object without functions. `wx` is tried
 * last, because other platforms also provide it as a second name for their own object.
 */
export function findApi(given?: unknown): FoundApi {
  const api = (given ||
    (typeof qq !== "undefined" && qq) ||
    (typeof swan !== "undefined" && swan) ||
    (typeof my !== "undefined" && my) ||
    (typeof wx !== "undefined" && wx) ||
    {}) as FoundApi & Partial<AlipayApi & QqApi>;
  if (api.subscribeAppMsg && !api.requestSubscribeMessage) return adaptQqApi(api as QqApi);
  return api.getAuthCode && !api.login ? adaptAlipayApi(api as AlipayApi) : api;
}
