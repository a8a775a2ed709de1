import type { Duplex } from "node:stream";
import type { Kit } from "./kit.ts";
import { errorBody } from "./refusal.ts";

interface ClientError extends Error {
  code?: string;
}

/** Refusals by Node's parser, by code; anything else is malformed HTTP. */
const ANSWERS: Record<string, [status: string, code: string, message: string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: [
    "408 Request Timeout",
    "request_timeout",
    "the request did not come in within its time",
  ],
  HPE_HEADER_OVERFLOW: [
    "431 Request Header Fields Too Large",
    "headers_too_large",
    "the headers are larger than the collector takes",
  ],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ["413 Payload Too Large", "too_large", "the chunk extensions are too large"],
};
const MALFORMED: [string, string, string] = ["400 Bad Request", "bad_request", "this is not HTTP"];

/** A request that can't be parsed is answered on the socket, which is then closed. */
export function answerClientError({ journal, metrics }: Kit, error: ClientError, socket: Duplex): void {
  // The client closed the connection: there is nobody to answer.
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, code, message] = ANSWERS[error.code ?? ""] ?? MALFORMED;
  metrics.requests.inc({ route: "none", status: Number.parseInt(status, 10) });
  journal.write("info", "bad_http", { code, problem: error.code });
  const body = JSON.stringify(errorBody({ code, message }));
  const head = [
    `HTTP/1.1 ${status}`,
    "Connection: close",
    "Content-Type: application/json; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  // Not `end`: a client that never closes its side would keep the socket open.
  socket.write(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}
