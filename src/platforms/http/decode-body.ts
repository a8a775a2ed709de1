import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, type ZlibOptions } from "node:zlib";

type Decode = (body: Buffer, options: ZlibOptions) => Buffer;

/** Referenced inside functions: node:zlib takes a millisecond to load, and is loaded on first use. */
const gunzip: Decode = (body, options) => gunzipSync(body, options);
const DECODERS: Record<string, Decode> = {
  gzip: gunzip,
  "x-gzip": gunzip,
  deflate: inflateEither,
  br: (body, options) => brotliDecompressSync(body, options),
};

/**
 * Decodes a body by its `Content-Encoding`, the last encoding first; at most `maxBytes`. We don't request compression,
 * but some gateways send it all the same. Returns the reason, in words, when it can't be read.
 */
export function decodeBody(body: Buffer, encoding: string | undefined, maxBytes: number): Buffer | string {
  const names = (encoding ?? "").toLowerCase().split(",");
  let decoded = body;
  for (const name of names.map((each) => each.trim()).reverse()) {
    if (name === "" || name === "identity" || decoded.length === 0) continue;
    const decode = DECODERS[name];
    if (!decode) return `the answer is encoded as "${name.slice(0, 40)}", which was not requested`;
    const [result, reason] = attempt(decode, decoded, maxBytes);
    // Some servers declare a compression that they did not apply.
    if (result === undefined && !looksLikeJson(decoded)) return reason(name);
    decoded = result ?? decoded;
  }
  return decoded;
}

function attempt(
  decode: Decode,
  body: Buffer,
  maxBytes: number,
): [Buffer | undefined, (name: string) => string] {
  try {
    return [decode(body, { maxOutputLength: maxBytes }), () => ""];
  } catch (error) {
    const isLarge = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    return [
      undefined,
      isLarge
        ? () => `the answer is larger than ${maxBytes / 1024} KiB when decoded`
        : (name) => `the answer is marked as ${name} and is not`,
    ];
  }
}

/** `deflate` means the zlib format (RFC 9110, 8.4.1.2); some servers send raw deflate. */
function inflateEither(body: Buffer, options: ZlibOptions): Buffer {
  const isZlib = (body[0]! & 0x0f) === 8 && body.length > 1 && body.readUInt16BE(0) % 31 === 0;
  return isZlib ? inflateSync(body, options) : inflateRawSync(body, options);
}

function looksLikeJson(body: Buffer): boolean {
  return /^\s*\{/.test(body.subarray(0, 20).toString("latin1"));
}
