import { createDecipheriv } from "node:crypto";
import { CallbackRefused } from "../../../collector/ports.ts";
import { PushCliError } from "../../../errors.ts";

/** The envelope is padded to a multiple of this, by 1 to 32 bytes; the cipher's own blocks have 16. */
const BLOCK = 32;
const RANDOM_BYTES = 16;
const LENGTH_BYTES = 4;
const HEAD = RANDOM_BYTES + LENGTH_BYTES;

/**
 * The 32 bytes of an EncodingAESKey: 43 characters of base64 without the "=". The two lowest bits of the last character are
 * unused and may be set, so a strict base64 decoder would refuse valid keys. Throws a `config` error that does not contain
 * the key.
 */
export function readAesKey(text: string, name = "the AES key of the callback"): Buffer {
  if (/^[A-Za-z\d+/]{43}$/.test(text)) return Buffer.from(`${text}=`, "base64");
  throw new PushCliError("config", `${name} has ${text.length} characters and is not an EncodingAESKey`, {
    hint: "copy it from the mini program's console: 43 letters and digits",
  });
}

/**
 * The content of an envelope for this appid: AES-256-CBC of 16 random bytes, the length, the message and the appid; the IV is
 * the beginning of the key (vendor's page "message encryption"). The keys are tried in order. Throws `CallbackRefused`:
 * `wrong_appid` when it can be decrypted but is for another app, otherwise `bad_envelope`.
 */
export function openEnvelope(encrypted: string, keys: readonly Buffer[], appid: string): Buffer {
  const sealed = readBase64(encrypted);
  const found = keys
    .map((key) => splitContent(decipher(sealed, key)))
    .filter((content) => content !== undefined);
  const ours = found.find((content) => content.appid.equals(Buffer.from(appid)));
  if (ours) return ours.message;
  if (found.length > 0) throw new CallbackRefused("wrong_appid", "the push is for another appid");
  throw new CallbackRefused("bad_envelope", "the push can't be decrypted with the AES key of the callback");
}

function readBase64(text: string): Buffer {
  const sealed = /^[A-Za-z\d+/]+={0,2}$/.test(text) ? Buffer.from(text, "base64") : Buffer.alloc(0);
  if (sealed.length > 0 && sealed.length % BLOCK === 0) return sealed;
  throw new CallbackRefused("bad_envelope", "the encrypted part of the push is damaged or cut short");
}

/** Node's own padding is off: it supports up to 16 bytes, and throws on the vendor's own example. */
function decipher(sealed: Buffer, key: Buffer): Buffer {
  const cipher = createDecipheriv("aes-256-cbc", key, key.subarray(0, 16)).setAutoPadding(false);
  return Buffer.concat([cipher.update(sealed), cipher.final()]);
}

/** Undefined when this is not valid content: another key, or bits that were changed. */
function splitContent(bytes: Buffer): { message: Buffer; appid: Buffer } | undefined {
  const padding = bytes.at(-1) ?? 0;
  const end = bytes.length - padding;
  if (padding < 1 || padding > BLOCK) return undefined;
  if (!bytes.subarray(end).every((byte) => byte === padding)) return undefined;
  // Bytes that are too short for a head end before the length does.
  const appidAt = HEAD + bytes.readUInt32BE(RANDOM_BYTES);
  if (appidAt > end) return undefined;
  return { message: bytes.subarray(HEAD, appidAt), appid: bytes.subarray(appidAt, end) };
}
