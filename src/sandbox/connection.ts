import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { type HttpRequest, parseRequest } from "./request-parser.ts";

const NOTHING: Buffer = Buffer.alloc(0);

/** The answer to one request: exactly one of these is called, at once or later. */
export interface Reply {
  send(status: number, contentType: string, body: string): void;
  /** Announces the whole body, sends half of it and hangs up. */
  truncate(contentType: string, body: string): void;
  /** A TCP reset, not a quiet end. */
  reset(): void;
}

export type Handler = (request: HttpRequest, reply: Reply) => void;

/** One client connection. It serves a request at a time, so that pipelined ones are answered in their order. */
export class Connection implements Reply {
  readonly #socket: Socket;
  readonly #handler: Handler;
  #bytes = NOTHING;
  /** The request that waits for its answer. */
  #request: HttpRequest | undefined;
  #isServing = false;
  #hasContinued = false;
  /** The client has sent all that it will. */
  #hasEnded = false;
  /** Hung up after a request that can't be served; what the client still writes is thrown away. */
  #isDraining = false;

  constructor(socket: Socket, handler: Handler) {
    this.#socket = socket;
    this.#handler = handler;
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("end", () => {
      this.#hasEnded = true;
      if (this.#request === undefined) socket.end();
    });
    // A client that resets is its own affair, and the socket closes by itself.
    socket.on("error", () => {});
  }

  send(status: number, contentType: string, body: string): void {
    const request = this.#request;
    const close = request?.isLast ? "connection: close\r\n" : "";
    this.#write(
      `${renderHead(status, contentType, body)}${close}\r\n${request?.method === "HEAD" ? "" : body}`,
    );
    this.#request = undefined;
    if (request?.isLast) this.#hangUp();
    else if (!this.#isServing) this.#serve();
  }

  truncate(contentType: string, body: string): void {
    this.#write(`${renderHead(200, contentType, body)}\r\n${body.slice(0, body.length / 2)}`);
    this.#socket.destroySoon();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  #read(chunk: Buffer): void {
    if (this.#isDraining) return;
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    if (this.#request === undefined) this.#serve();
  }

  #serve(): void {
    this.#isServing = true;
    while (this.#bytes.length > 0 && this.#request === undefined) {
      if (!this.#serveNext()) break;
    }
    this.#isServing = false;
    if (this.#hasEnded && this.#request === undefined) this.#socket.end();
  }

  /** False when the bytes at hand hold no whole request. */
  #serveNext(): boolean {
    const parsed = parseRequest(this.#bytes);
    if (parsed.state === "complete") {
      this.#bytes = this.#bytes.subarray(parsed.bytes);
      this.#hasContinued = false;
      this.#request = parsed.request;
      this.#handler(parsed.request, this);
    } else if (parsed.state === "bad") {
      const body = `${STATUS_CODES[parsed.status]}\n`;
      this.#write(`${renderHead(parsed.status, "text/plain", body)}connection: close\r\n\r\n${body}`);
      this.#hangUp();
    } else if (parsed.expectsContinue && !this.#hasContinued) {
      this.#hasContinued = true;
      this.#write("HTTP/1.1 100 Continue\r\n\r\n");
    }
    return parsed.state === "complete";
  }

  /** Ends our side only: closing under a client that still writes would reset the answer away. */
  #hangUp(): void {
    this.#isDraining = true;
    this.#bytes = NOTHING;
    this.#socket.end();
  }

  /** The client may have gone while its answer was held back. */
  #write(text: string): void {
    if (this.#socket.writable) this.#socket.write(text);
  }
}

function renderHead(status: number, contentType: string, body: string): string {
  const length = Buffer.byteLength(body);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: ${contentType}\r\ncontent-length: ${length}\r\n`;
}
