/**
 * HTTP/1.1 by hand, as far as clients of the API use it. node:http was measured first: it takes about twice the time a
 * request, and then a broadcast under test waits for the sandbox instead of showing its own speed.
 */
export interface HttpRequest {
  method: string;
  /** The request target, with its query. */
  url: string;
  body: string;
  /** The client wants no further request on this connection. */
  isLast: boolean;
}

export type Parsed =
  | { state: "complete"; request: HttpRequest; bytes: number }
  | { state: "partial"; expectsContinue: boolean }
  | { state: "bad"; status: number };

const MAX_BODY_BYTES = 1024 * 1024;
const MAX_HEAD_BYTES = 16 * 1024;
const MAX_SIZE_LINE_BYTES = 1024;
const HEAD_END = Buffer.from("\r\n\r\n");

/** Takes the first request off the bytes of a connection. */
export function parseRequest(bytes: Buffer): Parsed {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0)
    return bytes.length > MAX_HEAD_BYTES ? bad(431) : { state: "partial", expectsContinue: false };
  const head = bytes.toString("latin1", 0, headEnd);
  const line = parseRequestLine(head);
  if (line === undefined) return bad(400);
  const fields = head.slice(line.length).toLowerCase();
  const body = parseBody(bytes, headEnd + HEAD_END.length, fields);
  if (typeof body === "number") return bad(body);
  if (body === undefined)
    return { state: "partial", expectsContinue: fieldOf(fields, "expect") === "100-continue" };
  const isLast = fieldOf(fields, "connection") === "close" || line.version === "1.0";
  const request = { method: line.method, url: line.url, body: body.text, isLast };
  return { state: "complete", request, bytes: body.end };
}

/** The first line: `POST /path?query HTTP/1.1`. */
function parseRequestLine(head: string) {
  const lineEnd = head.indexOf("\r\n");
  const length = lineEnd < 0 ? head.length : lineEnd;
  const method = head.indexOf(" ");
  const url = head.indexOf(" ", method + 1);
  if (method <= 0 || url <= method + 1 || url > length || !head.startsWith("HTTP/1.", url + 1))
    return undefined;
  return {
    method: head.slice(0, method),
    url: head.slice(method + 1, url),
    version: head.slice(url + 6, length),
    length,
  };
}

interface Body {
  text: string;
  /** The first byte behind it. */
  end: number;
}

/** The body, undefined while it is not all there, or the HTTP status that refuses it. */
function parseBody(bytes: Buffer, start: number, fields: string): Body | number | undefined {
  if (fieldOf(fields, "transfer-encoding") !== undefined) return parseChunks(bytes, start);
  const declared = fieldOf(fields, "content-length");
  if (declared === undefined) return { text: "", end: start };
  const length = parseCount(declared, 10);
  if (length === undefined) return 400;
  if (length > MAX_BODY_BYTES) return 413;
  const end = start + length;
  return end > bytes.length ? undefined : { text: bytes.toString("utf8", start, end), end };
}

/** A body in chunks: hex length, line end, bytes, line end; the last one is empty, and trailers are not expected. */
function parseChunks(bytes: Buffer, start: number): Body | number | undefined {
  const parts: Buffer[] = [];
  let total = 0;
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd < 0) return bytes.length - at > MAX_SIZE_LINE_BYTES ? 400 : undefined;
    const size = parseCount(bytes.toString("latin1", at, lineEnd).split(";")[0] ?? "", 16);
    if (size === undefined) return 400;
    total += size;
    if (total > MAX_BODY_BYTES) return 413;
    const end = lineEnd + 2 + size + 2;
    if (end > bytes.length) return undefined;
    if (size === 0) return { text: Buffer.concat(parts).toString("utf8", 0, total), end };
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = end;
  }
}

function parseCount(text: string, radix: 10 | 16): number | undefined {
  const isNumber = radix === 10 ? /^\d{1,15}$/.test(text) : /^[\da-f]{1,8}$/i.test(text.trim());
  return isNumber ? Number.parseInt(text, radix) : undefined;
}

/** The value of a header field; `fields` is in lower case, each line behind a line end. */
function fieldOf(fields: string, name: string): string | undefined {
  const at = fields.indexOf(`\r\n${name}:`);
  if (at < 0) return undefined;
  const start = at + name.length + 3;
  const end = fields.indexOf("\r\n", start);
  return fields.slice(start, end < 0 ? undefined : end).trim();
}

function bad(status: number): Parsed {
  return { state: "bad", status };
}
