import { createCipheriv, createHash, randomBytes } from "node:crypto";

/** Data is padded to a multiple of this, not of the cipher's 16. */
const BLOCK = 32;

/** sha1 of the texts, sorted byte by byte and joined. */
export function signTexts(...texts: string[]): string {
  return createHash("sha1").update(texts.sort().join("")).digest("hex");
}

/** The vendor's envelope: 16 random bytes, length, message, appid; AES-256-CBC whose IV is the key's first 16 bytes. */
export function encryptMessage(message: string, aesKey: string, appid: string): string {
  const key = Buffer.from(`${aesKey}=`, "base64");
  const content = Buffer.from(message);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const plain = Buffer.concat([randomBytes(16), length, content, Buffer.from(appid)]);
  const padding = BLOCK - (plain.length % BLOCK);
  const cipher = createCipheriv("aes-256-cbc", key, key.subarray(0, 16)).setAutoPadding(false);
  const padded = Buffer.concat([plain, Buffer.alloc(padding, padding)]);
  return Buffer.concat([cipher.update(padded), cipher.final()]).toString("base64");
}
