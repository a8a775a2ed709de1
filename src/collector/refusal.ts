/** Why a request gets no 2xx. The message is for whoever wrote the client: one sentence, without secrets. */
export class RequestRefused extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.name = "RequestRefused";
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export function badRequest(message: string): RequestRefused {
  return new RequestRefused(400, "bad_request", message);
}

export function badJson(message: string): RequestRefused {
  return new RequestRefused(400, "bad_json", message);
}

export function unauthorized(message: string): RequestRefused {
  return new RequestRefused(401, "unauthorized", message, { "www-authenticate": "Bearer" });
}

/** 503 of something that may work again after `retryAfterSec`. */
export function unavailable(code: string, message: string, retryAfterSec: number): RequestRefused {
  return new RequestRefused(503, code, message, { "retry-after": String(retryAfterSec) });
}

/** The body of every answer that is an error. */
export function errorBody({ code, message }: { code: string; message: string }) {
  return { error: { code, message } };
}

/** What the framework's own errors are to a client, by their codes. */
const OF_FRAMEWORK: Record<string, [status: number, code: string, message: string]> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [413, "too_large", "the body is larger than the collector takes"],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    415,
    "unsupported_media_type",
    "the body must be of Content-Type application/json",
  ],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    400,
    "bad_request",
    "the body is not as long as its Content-Length says",
  ],
  FST_ERR_BAD_URL: [404, "not_found", "there is nothing at this path"],
  // The client hung up before its body was through: nobody reads this.
  ECONNRESET: [400, "bad_request", "the connection ended before the body did"],
};

/** Any error as an answer; undefined for a defect. */
export function toRefusal(error: unknown): RequestRefused | undefined {
  if (error instanceof RequestRefused) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const known = OF_FRAMEWORK[code];
  return known && new RequestRefused(...known);
}
