/** Names of the keys beside a user's consents; a template with such an id would be mistaken for one of them. */
const RESERVED = ["sends", "receipts", "seen"];

/**
 * Whether a text can be the id of a template that consents are stored for: it ends a Redis key and must not be a
 * pattern. WeChat's are 43 characters of [A-Za-z0-9_-]; Alipay's are base64, with = at the end.
 */
export function isTemplateId(text: string): boolean {
  return /^[\w-]{1,64}={0,2}$/.test(text) && !RESERVED.includes(text);
}

/** Whether a text is the last word of such a key. */
export function isBesideWord(text: string): boolean {
  return RESERVED.includes(text);
}
