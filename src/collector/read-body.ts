import type { IncomingMessage } from "node:http";
import { RequestRefused } from "./refusal.ts";

/** The whole body, of limited size. Throws 413, and 400 when the connection ends before the body does. */
export function readBody(request: IncomingMessage, mostBytes: number): Promise<Buffer> {
  if (Number(request.headers["content-length"]) > mostBytes) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > mostBytes) reject(tooLarge());
      else chunks.push(chunk);
    });
    request.on("end", () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    request.on("error", () => reject(cutOff()));
    // Emitted after every request.
    request.on("close", () => {
      if (!request.complete) reject(cutOff());
    });
  });
}

/** Whether there is a body, even an empty one. */
export function hasBody({ headers }: Pick<IncomingMessage, "headers">): boolean {
  return headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
}

export const NO_BODY = Buffer.alloc(0);

function tooLarge(): RequestRefused {
  return new RequestRefused(413, "too_large", "the body is larger than the collector takes");
}

/** The client closed the connection: nobody reads this. */
function cutOff(): RequestRefused {
  return new RequestRefused(400, "bad_request", "the connection ended before the body did");
}
