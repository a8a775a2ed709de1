import type { PushCode } from "./code.ts";

/**
 * What nearly every formId looks like, and there are millions of them: 10 to 64 letters, digits, `_` and `-`. It is
 * well-formed: none of the words that stand for garbage or for a missing value has this shape.
 */
export function isUsualFormId(text: string): boolean {
  return /^[\w-]{10,64}$/.test(text);
}

/** What nearly every entry looks like: a plain object with such a formId, and an expiry in epoch ms of today. */
const PLAIN = /^\{"formId":"[\w-]{10,64}","expire":1[0-9]{12}\}$/;

/** Where the formId begins, and what is behind it: `","expire":`, 13 digits, `}`. */
const FORM_ID_AT = 11;
const TAIL = 25;

/** The code of such an entry, as `readEntry` reads it; undefined for any other, which may be as good. */
export function readPlain(bytes: string): PushCode | undefined {
  const expireMs = readPlainExpiry(bytes);
  if (expireMs === undefined) return undefined;
  return { formId: bytes.slice(FORM_ID_AT, -TAIL), wellFormed: true, expireMs };
}

/** Its expiry alone, for those who only count: epoch ms. */
export function readPlainExpiry(bytes: string): number | undefined {
  return PLAIN.test(bytes) ? Number(bytes.slice(-14, -1)) : undefined;
}
