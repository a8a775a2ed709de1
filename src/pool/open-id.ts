/**
 * Whether a text can be an openId. WeChat's are 28 characters of [A-Za-z0-9_-]; here any visible characters are
 * accepted except braces, because braces would put a pool and its ledger into different cluster slots. U+FFFD stands
 * for bytes that are not UTF-8: such a key can't be addressed by its text.
 */
export function isOpenId(text: string): boolean {
  return USUAL.test(text) || (text.length <= 128 && /^[^\s{}\p{C}\ufffd]+$/u.test(text));
}

/** Those of all platforms; looking up the category of each character takes longer. */
const USUAL = /^[\w-]{1,128}$/;
