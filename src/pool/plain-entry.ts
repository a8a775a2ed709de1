import type { PushCode } from "./code.ts";

/**
 * What nearly every entry looks like, and there are millions of them: a plain object with a formId of 10 to 64 letters,
 * digits, `_` and `-`, and an expiry in epoch ms of today. Such a formId is well-formed: none of the words that stand for
 * garbage has this shape.
 */
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
