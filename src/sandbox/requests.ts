import type { IncomingMessage } from "node:http";

const MAX_BODY_BYTES = 1024 * 1024;

/** Reads to the end, even what is too large: hanging up on a client that still writes would hide the answer from it. */
export function readBody(req: IncomingMessage, done: (body: string, tooLarge: boolean) => void): void {
  let chunks: Buffer[] = [];
  let bytes = 0;
  req.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
    else chunks = [];
  });
  req.on("end", () => {
    const whole = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
    done(whole.toString("utf8"), bytes > MAX_BODY_BYTES);
  });
}

/** The part of a request target before the query. */
export function pathOf(url: string): string {
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}

/** The first value of a query parameter. By hand, because a URL object costs more than the rest of a send. */
export function queryValue(url: string, name: string): string | undefined {
  let mark = url.indexOf("?");
  while (mark >= 0) {
    const start = mark + 1;
    const equals = start + name.length;
    mark = url.indexOf("&", start);
    if (url.startsWith(name, start) && url[equals] === "=") {
      return decode(url.slice(equals + 1, mark < 0 ? undefined : mark));
    }
  }
  return undefined;
}

function decode(text: string): string {
  if (!text.includes("%") && !text.includes("+")) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    // A stray % stands for itself, as in most servers.
    return text;
  }
}
