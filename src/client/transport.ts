import { type ApiResponse, callApi, type MiniProgramApi } from "./api.ts";

/** Posts JSON. Rejects when there was no answer at all; interpreting an answer is left to the caller. */
export function postJson(
  api: Partial<MiniProgramApi>,
  url: string,
  body: object,
  token?: string,
): Promise<ApiResponse> {
  return callApi(api, "request", {
    url,
    method: "POST",
    header: Object.assign(
      { "content-type": "application/json" },
      token ? { authorization: `Bearer ${token}` } : {},
    ),
    // As text, because `my` doesn't serialize JSON by itself.
    data: JSON.stringify(body),
    timeout: 10_000,
  });
}

/**
 * The wait that an answer requests by Retry-After (in seconds), in ms; 0 for none. Header names may be in any
 * case.
 */
export function retryAfterMs(answer: Partial<ApiResponse> | undefined): number {
  const { header } = Object(answer);
  for (const name in header) if (/^retry-after$/i.test(name)) return header[name] * 1000 || 0;
  return 0;
}
