import type { Client } from "undici";
import { Exchange, type ExchangeLimits, type HttpReply, type LaneHooks } from "./exchange.ts";
import { isShortage } from "./wire-failure.ts";

export interface HttpRequest {
  method: "GET" | "POST";
  /** With its query. */
  path: string;
  /** JSON. */
  body?: string | undefined;
}

/** How requests are put to a client: which one, and what they carry. */
export interface Route {
  open(): Client;
  /** Goes before each path. */
  pathPrefix: string;
  headers: string[];
}

interface Waiting {
  request: HttpRequest;
  exchange: Exchange;
}

/** undici's client may never be through with what it counts as running; sockets close at once. */
const CLOSE_MS = 1000;
/** After a shortage, one more connection is tried for each so many answers. */
const ANSWERS_PER_LANE = 50;

/**
 * Connections to one origin, one request at a time on each: an answer's successor goes out on the same connection in the
 * same turn. undici's `Pool` looks for a free connection among all, and lets an answered one fall idle first; that made a
 * message cost a sixth more. A `Client` writes a request once: with pipelining 1 it keeps for another connection only what
 * was not begun. One whose connection failed is thrown away.
 */
export class Lanes {
  readonly #limits: ExchangeLimits;
  readonly #wanted: number;
  readonly #route: Route;
  readonly #clients = new Set<Client>();
  readonly #free: Client[] = [];
  readonly #busy = new Map<Client, Exchange>();
  /** Those that were answered. */
  readonly #proven = new WeakSet<Client>();
  readonly #waiting: Waiting[] = [];
  /** Fewer than wanted while this machine is short of something. */
  #most: number;
  #answersUntilMore = ANSWERS_PER_LANE;
  #closing: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;

  constructor(limits: ExchangeLimits, most: number, route: Route) {
    this.#limits = limits;
    this.#wanted = most;
    this.#most = most;
    this.#route = route;
  }

  dispatch(request: HttpRequest, onReply: (reply: HttpReply) => void): void {
    const exchange = new Exchange(this.#limits, onReply);
    if (this.#closing) exchange.fail("closed");
    else {
      const client = this.#free.pop() ?? this.#another();
      if (client) this.#start(client, request, exchange);
      else this.#waiting.push({ request, exchange });
    }
  }

  /** Lets the requests in flight finish, and ends in any case once they are over. */
  close(): Promise<void> {
    this.#closing ??= this.#finish();
    for (const { exchange } of this.#waiting.splice(0)) exchange.fail("closed");
    return this.#closing;
  }

  async #finish(): Promise<void> {
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
    if (this.#busy.size > 0) await idle;
    const clients = [...this.#clients];
    await within(CLOSE_MS, Promise.all(clients.map((client) => client.close())));
    await within(CLOSE_MS, Promise.all(clients.map((client) => client.destroy())));
  }

  #another(): Client | undefined {
    if (this.#clients.size >= this.#most) return undefined;
    const client = this.#route.open();
    this.#clients.add(client);
    return client;
  }

  #start(client: Client, request: HttpRequest, exchange: Exchange): void {
    const { method, path, body } = request;
    const { pathPrefix, headers } = this.#route;
    this.#busy.set(client, exchange);
    exchange.hooks = this.#hooksFor(client, { request, exchange });
    client.dispatch({ method, path: pathPrefix + path, body: body ?? null, headers }, exchange);
  }

  #hooksFor(client: Client, one: Waiting): LaneHooks {
    return {
      done: (isUsable) => this.#release(client, isUsable),
      postpone: (error) => {
        if (!isShortage(error) || this.#closing || !this.#isAnotherAtWork(client)) return false;
        this.#most = Math.max(1, this.#clients.size - 1);
        this.#waiting.unshift(one);
        return true;
      },
    };
  }

  /** Whose end will free a connection for what waits. */
  #isAnotherAtWork(client: Client): boolean {
    for (const [other, exchange] of this.#busy) {
      // One that was answered before writes its next request a turn of the event loop later.
      if (other !== client && (exchange.isSent || this.#proven.has(other))) return true;
    }
    return false;
  }

  #release(client: Client, isUsable: boolean): void {
    this.#busy.delete(client);
    if (isUsable) this.#countAnswer(client);
    else this.#discard(client);
    const next = this.#nextWaiting();
    const lane = isUsable ? client : next && this.#another();
    if (lane && next) this.#start(lane, next.request, next.exchange);
    else if (next) this.#waiting.unshift(next);
    else if (lane) this.#free.push(lane);
    if (this.#busy.size === 0) this.#onIdle?.();
  }

  /** The oldest one that has not expired while it waited. */
  #nextWaiting(): Waiting | undefined {
    let next = this.#waiting.shift();
    while (next?.exchange.isOver) next = this.#waiting.shift();
    return next;
  }

  #countAnswer(client: Client): void {
    this.#proven.add(client);
    if (this.#most >= this.#wanted || --this.#answersUntilMore > 0) return;
    this.#answersUntilMore = ANSWERS_PER_LANE;
    this.#most++;
    const next = this.#nextWaiting();
    const lane = next && this.#another();
    if (lane) this.#start(lane, next.request, next.exchange);
    else if (next) this.#waiting.unshift(next);
  }

  #discard(client: Client): void {
    this.#clients.delete(client);
    // Its socket is gone, or on its way out; nobody has to wait for that.
    void client.destroy();
  }
}

/** Waits for `work`, but no longer. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}
