import { queryParameter } from "./api-base.ts";

/** Errmsgs are grouped, printed and written to reports: this length is enough to say what went wrong. */
const MAX_CHARS = 200;
/** Bounds the work of the patterns below for an errmsg of many kilobytes. */
const MAX_SCANNED = 2000;
/** Shorter "secrets" are test values; replacing them would only garble the text. */
const MIN_SECRET = 4;

const REQUEST_MARK = /[\s,;]*\b(?:hints?:?\s*\[[^\]]*\]|rid:?\s*[0-9a-f]+(?:-[0-9a-f]+)+)/gi;
const SECRET_PARAMETER = /\b(access_token|secret|appsecret|client_secret)=[^&\s"']+/gi;
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]+/gu;

/**
 * Makes text from the wire fit for terminals and reports: no request ids, no control or bidi characters, at most
 * 200 characters, and none of `secrets` in it, neither plain nor URL-encoded.
 */
export function safeText(text: string, secrets: readonly string[]): string {
  // Secrets are removed first: cutting in the middle of one would leave a part that no longer matches.
  return redact(text, secrets)
    .slice(0, MAX_SCANNED)
    .replace(REQUEST_MARK, "")
    .replace(UNPRINTABLE, " ")
    .trim()
    .slice(0, MAX_CHARS)
    .replace(UNPRINTABLE, "");
}

function redact(text: string, secrets: readonly string[]): string {
  let safe = text;
  for (const secret of secrets) {
    if (secret.length < MIN_SECRET) continue;
    const encoded = queryParameter("", secret).slice(1);
    safe = safe.replaceAll(secret, "[redacted]").replaceAll(encoded, "[redacted]");
  }
  return safe.replace(SECRET_PARAMETER, "$1=[redacted]");
}
