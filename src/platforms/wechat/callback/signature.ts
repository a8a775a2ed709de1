import { createHash, timingSafeEqual } from "node:crypto";

/**
 * The platform's signature: sha1, in hex, of the texts sorted as plain strings and joined (vendor's page "message push").
 * Sorted by bytes, as its own examples in C and PHP do, not by UTF-16 units as JavaScript does.
 */
export function signTexts(texts: readonly string[]): string {
  const sorted = texts.map((text) => Buffer.from(text)).sort(Buffer.compare);
  return createHash("sha1").update(Buffer.concat(sorted)).digest("hex");
}

/** Whether `given` is the signature of the texts; compared in constant time. */
export function isSignedBy(texts: readonly string[], given: string): boolean {
  const expected = Buffer.from(signTexts(texts));
  const offered = Buffer.from(given);
  return offered.length === expected.length && timingSafeEqual(offered, expected);
}
