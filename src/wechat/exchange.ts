import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import type { Deadlines } from "./deadlines.ts";
import { describeFailure, type FailureContext } from "./wire-failure.ts";

export interface HttpAnswer {
  kind: "answer";
  status: number;
  text: string;
  /** `Retry-After`, as sent: seconds or a date. */
  retryAfter?: string | undefined;
  /** The server's clock, as sent: what a date in `Retry-After` goes by. */
  date?: string | undefined;
  contentType?: string | undefined;
  /** Of a redirect, as sent: it may hold a token in its query. */
  location?: string | undefined;
}

export type HttpReply =
  | HttpAnswer
  /** `sent` is false when surely no byte of the request was written; `reason` says in words what happened. */
  | { kind: "failure"; sent: boolean; reason: string };

export interface ExchangeLimits extends Omit<FailureContext, "stage"> {
  /** For the whole request, whatever trickles in: nothing may hold a slot for ever. */
  deadlines: Deadlines;
}

/**
 * One request from dispatch to its reply: the hand-written undici handler (about half more messages a second than
 * `pool.request`). undici calls `onRequestStart` in the same turn as, and just before, it writes the request: an error
 * before that means that nothing was sent. No method throws: undici would turn that into an uncaught error.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #limits: ExchangeLimits;
  readonly #chunks: Buffer[] = [];
  /** Called once undici is through with the request: its connection can take the next. */
  onDone: (() => void) | undefined;
  #resolve: ((reply: HttpReply) => void) | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  readonly #deadline: number;

  constructor(limits: ExchangeLimits, resolve: (reply: HttpReply) => void) {
    this.#limits = limits;
    this.#resolve = resolve;
    this.#deadline = limits.deadlines.add(this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Still queued when the deadline passed, or a second start, which would be a re-send: neither may be written.
    if (this.#resolve === undefined || this.#controller !== undefined) {
      controller.abort(new Error("not to be sent"));
      return;
    }
    this.#controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    // 1xx come before the answer.
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const [first, ...more] = this.#chunks;
    const body = more.length > 0 ? Buffer.concat(this.#chunks) : first;
    this.#done();
    this.#settle(toAnswer(this.#status, body?.toString() ?? "", this.#headers));
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    // Not in the same turn: undici is in the middle of clearing the connection up, and takes no other request.
    queueMicrotask(() => this.#done());
    this.#fail(error);
  }

  /** Its deadline has passed. */
  expire(): void {
    this.#fail("deadline");
    this.#controller?.abort(new Error("deadline"));
  }

  #done(): void {
    const onDone = this.onDone;
    this.onDone = undefined;
    onDone?.();
  }

  #fail(cause: Error | "deadline"): void {
    const sent = this.#controller !== undefined;
    const stage = this.#status > 0 ? "answering" : sent ? "sent" : "unsent";
    this.#settle({ kind: "failure", sent, reason: describeFailure(cause, { ...this.#limits, stage }) });
  }

  #settle(reply: HttpReply): void {
    const resolve = this.#resolve;
    if (!resolve) return;
    this.#resolve = undefined;
    this.#limits.deadlines.delete(this.#deadline);
    resolve(reply);
  }
}

function toAnswer(status: number, text: string, headers: IncomingHttpHeaders): HttpAnswer {
  return {
    kind: "answer",
    status,
    text,
    retryAfter: first(headers["retry-after"]),
    date: first(headers.date),
    contentType: first(headers["content-type"]),
    location: first(headers.location),
  };
}

/** A header that was sent twice comes as an array. */
function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
