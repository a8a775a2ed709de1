import type { PushCode } from "./code.ts";

/**
 * The shape of nearly every formId, of which there are millions: 10 to 64 letters, digits, `_` and `-`. Such a
 * formId is well-formed: no word that stands for garbage or for a missing value has this shape.
 */
export function isUsualFormId(text: string): boolean {
  return /^[\w-]{10,64}$/.test(text);
}

/** The shape of nearly every entry: a plain object with such a formId and a current expiry in epoch ms. */
const PLAIN = /^\{"formId":"[\w-]{10,64}","expire":1[0-9]{12}\}$/;

/** Where the formId begins, and the length of what follows it: `","expire":`, 13 digits, `}`. */
const FORM_ID_AT = 11;
const TAIL = 25;

/** The code of such an entry, as `readEntry` reads it; undefined for any other entry, which may still be valid. */
export function readPlain(bytes: string): PushCode | undefined {
  const expireMs = readPlainExpiry(bytes);
  if (expireMs === undefined) return undefined;
  return { formId: bytes.slice(FORM_ID_AT, -TAIL), wellFormed: true, expireMs };
}

/** Only its expiry, for counting: epoch ms. */
export function readPlainExpiry(bytes: string): number | undefined {
  return PLAIN.test(bytes) ? Number(bytes.slice(-14, -1)) : undefined;
}
