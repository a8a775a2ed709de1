import type { Readable } from "node:stream";
import { usageError } from "../errors.ts";

/** Replaces bytes that are invalid in the encoding. */
export const UNDECODABLE = "\ufffd";

/** Enough of the beginning of a file to tell UTF-16 without a byte order mark from UTF-8. */
const SAMPLE_BYTES = 4096;

/**
 * The text of an input. Its encoding is `encoding` (a label of the Encoding Standard: "gb18030"), or that of its byte
 * order mark, or UTF-16 if every other byte is zero, or else UTF-8. Bytes that can't be decoded become U+FFFD; a byte
 * order mark is removed. Throws a usage error at once for an unknown label.
 */
export function decodeText(input: Readable, encoding?: string): AsyncIterable<string> {
  if (encoding !== undefined) checkEncoding(encoding);
  return decodeChunks(input, encoding);
}

/** Throws a usage error for an encoding without a decoder. */
export function checkEncoding(label: string): void {
  try {
    new TextDecoder(label);
  } catch {
    throw usageError(`--encoding: "${label}" is not an encoding`, "utf-8, utf-16le, gb18030, big5 ...");
  }
}

async function* decodeChunks(input: Readable, encoding: string | undefined): AsyncGenerator<string> {
  const { sample, rest } = await takeSample(input);
  const decoder = new TextDecoder(encoding ?? encodingOf(sample));
  yield decoder.decode(sample, { stream: true });
  for await (const chunk of rest) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

/** The beginning of an input, and the rest of it. A line typed at a terminal is not held back to collect more. */
async function takeSample(input: Readable): Promise<{ sample: Buffer; rest: AsyncIterable<Buffer> }> {
  const iterator: AsyncIterator<string | Buffer> = input[Symbol.asyncIterator]();
  const next = async () => {
    const { done, value } = await iterator.next();
    // A stream with an encoding set gives text.
    return done ? undefined : typeof value === "string" ? Buffer.from(value) : value;
  };
  let sample: Buffer = Buffer.alloc(0);
  while (sample.length < SAMPLE_BYTES && !sample.includes("\n")) {
    const chunk = await next();
    if (!chunk) break;
    sample = Buffer.concat([sample, chunk]);
  }
  async function* rest(): AsyncGenerator<Buffer> {
    for (let chunk = await next(); chunk; chunk = await next()) yield chunk;
  }
  return { sample, rest: rest() };
}

function encodingOf(sample: Buffer): string {
  const [first, second] = sample;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  const zeros = [0, 0];
  for (const [i, byte] of sample.entries()) if (byte === 0) zeros[i % 2]!++;
  // ASCII in UTF-16 has a zero at every other byte; text in UTF-8 has none at all.
  const most = sample.length / 2;
  if (zeros[1]! > most / 3 && zeros[0] === 0) return "utf-16le";
  if (zeros[0]! > most / 3 && zeros[1] === 0) return "utf-16be";
  return "utf-8";
}
