/**
 * Why a request gets no 2xx. The message is for the developer of the client: one sentence, without secrets.
 */
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

/** A 503 for something that may work again after `retryAfterSec`. */
export function unavailable(code: string, message: string, retryAfterSec: number): RequestRefused {
  return new RequestRefused(503, code, message, { "retry-after": String(retryAfterSec) });
}

/** The body of every error response. */
export function errorBody({ code, message }: { code: string; message: string }) {
  return { error: { code, message } };
}
