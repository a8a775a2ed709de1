import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import type { Deadlines } from "./deadlines.ts";
import { decodeBody } from "./decode-body.ts";
import type { Described } from "./described.ts";
import { describeFailure, type FailureContext, type WireFault } from "./wire-failure.ts";

export interface HttpAnswer {
  kind: "answer";
  status: number;
  text: string;
  /** `Retry-After`, as sent: seconds or a date. */
  retryAfter?: string | undefined;
  /** The server's clock, as sent: the reference for a date in `Retry-After`. */
  date?: string | undefined;
  contentType?: string | undefined;
  /** Of a redirect, as sent: it may contain a token in its query. */
  location?: string | undefined;
}

export interface HttpFailure extends Described {
  kind: "failure";
  /** False when it is certain that nothing of the request reached the API. */
  sent: boolean;
}

export type HttpReply = HttpAnswer | HttpFailure;

export interface ExchangeLimits extends Omit<FailureContext, "stage"> {
  /** For the whole request, however slowly data arrives: nothing may hold a slot forever. */
  deadlines: Deadlines;
  /** For a proxy that receives http requests: its own refusals, which did not reach the API. */
  refusedByProxy?: ((status: number) => Described | undefined) | undefined;
}

/** Callbacks from an exchange to its connection. */
export interface LaneHooks {
  /**
   * undici has finished the request. Its connection can take the next one, unless it failed before it was established.
   */
  done(isUsable: boolean): void;
  /** Whether the request, of which nothing was written because of `error`, waits for another connection. */
  postpone(error: Error): boolean;
}

/**
 * One request from dispatch to its reply: a hand-written undici handler (about half more messages per second than
 * `pool.request`). undici calls `onRequestStart` just before it writes the request, in the same turn: an error before
 * that means that nothing was sent. No method throws: undici would turn that into an uncaught error.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #limits: ExchangeLimits;
  readonly #chunks: Buffer[] = [];
  /** Set while it is assigned to a connection. */
  hooks: LaneHooks | undefined;
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

  /** The request was written. */
  get isSent(): boolean {
    return this.#controller !== undefined;
  }

  /** It has its reply, and must not be started any more. */
  get isOver(): boolean {
    return this.#resolve === undefined;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Either still queued when the deadline passed, or a second start, which would be a re-send: neither may be
    // written.
    if (this.#resolve === undefined || this.#controller !== undefined) {
      controller.abort(new Error("not to be sent"));
      return;
    }
    this.#controller = controller;
    this.#limits.deadlines.hear(this.#deadline);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    this.#hear();
    // 1xx responses precede the answer.
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#hear();
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const [first, ...more] = this.#chunks;
    const body = more.length > 0 ? Buffer.concat(this.#chunks) : first;
    this.#done(true);
    this.#settle(this.#toReply(body));
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    // Those of this connection: a postponed request may be on another one by the time this one is released.
    const { hooks, isSent } = this;
    this.hooks = undefined;
    const postponed = this.#resolve !== undefined && !isSent && hooks?.postpone(error);
    // Not in the same turn: undici is in the middle of cleaning up the connection, and takes no other request.
    queueMicrotask(() => hooks?.done(isSent));
    if (!postponed) this.fail(error);
  }

  expire(why: "deadline" | "silence"): void {
    this.fail(why);
    if (this.#controller) this.#controller.abort(new Error(why));
    // Its connection was not established in all that time.
    else this.#done(false);
  }

  fail(cause: WireFault): void {
    const stage = this.#status > 0 ? "answering" : this.isSent ? "sent" : "unsent";
    const described = describeFailure(cause, { ...this.#limits, stage });
    this.#settle({ kind: "failure", sent: this.isSent, ...described });
  }

  #hear(): void {
    if (this.#resolve) this.#limits.deadlines.hear(this.#deadline);
  }

  #done(isUsable: boolean): void {
    const { hooks } = this;
    this.hooks = undefined;
    hooks?.done(isUsable);
  }

  #toReply(body: Buffer | undefined): HttpReply {
    const refusal = this.#limits.refusedByProxy?.(this.#status);
    if (refusal) return { kind: "failure", sent: false, ...refusal };
    const encoding = this.#headers["content-encoding"];
    const decoded = body && encoding ? decodeBody(body, encoding, this.#limits.maxBytes) : body;
    if (typeof decoded !== "string") return toAnswer(this.#status, decoded?.toString() ?? "", this.#headers);
    // The status of a refusal is sufficient without its body.
    if (this.#status >= 300) return toAnswer(this.#status, "", this.#headers);
    return { kind: "failure", sent: true, reason: decoded };
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

/** A header that was sent twice is an array. */
function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
