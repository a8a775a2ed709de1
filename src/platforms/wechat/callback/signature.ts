import { createHash, timingSafeEqual } from "node:crypto";

/**
 * The platform's signature: sha1, in hex, of the texts sorted as plain strings and joined (vendor's page "message push").
 * Sorted by bytes, as its own examples in C and PHP do, not by UTF-16 as JavaScript does.
 */
export function signTexts(texts: readonly string[]): string {
  const sorted = texts.map((text) => Buffer.from(text)).sort(Buffer.compare);
  return createHash("sha1").update(Buffer.concat(sorted)).digest("hex");
}

/** Whether `given` is the signature of the texts; how long that takes tells nothing of how much of it is right. */
export function isSignedBy(texts: readonly string[], given: string): boolean {
  const expected = Buffer.from(signTexts(texts));
  const offered = Buffer.from(given);
  return offered.length === expected.length && timingSafeEqual(offered, expected);
}
