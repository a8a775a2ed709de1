import type { Client } from "undici";
import { Exchange, type ExchangeLimits, type HttpReply, type LaneHooks } from "./exchange.ts";
import { isShortage } from "./wire-failure.ts";

export interface HttpRequest {
  method: "GET" | "POST";
  /** Including its query. */
  path: string;
  /** JSON, unless the options set another type. */
  body?: string | undefined;
  /** Alternating names and values, in addition to the headers of all requests. */
  headers?: readonly string[] | undefined;
}

/** How requests are passed to a client: which one, and with what additions. */
export interface Route {
  open(): Client;
  /** Prepended to each path. */
  pathPrefix: string;
  headers: string[];
}

interface Waiting {
  request: HttpRequest;
  exchange: Exchange;
}

/** A connection and its current request. */
class Lane implements LaneHooks {
  readonly client: Client;
  /** Undefined while the connection is free. */
  current: Waiting | undefined;
  /** A request was answered on it. */
  isProven = false;
  /** The time since which it is free. */
  freeSinceMs = 0;
  private readonly owner: LaneOwner;

  constructor(client: Client, owner: LaneOwner) {
    this.client = client;
    this.owner = owner;
  }

  done(isUsable: boolean): void {
    this.owner.release(this, isUsable);
  }

  postpone(error: Error): boolean {
    return this.owner.postpone(this, error);
  }
}

interface LaneOwner {
  release(lane: Lane, isUsable: boolean): void;
  postpone(lane: Lane, error: Error): boolean;
}

/** undici's client may never finish what it counts as running; sockets close at once. */
const CLOSE_MS = 1000;
/** After a shortage, one more connection is tried after this many answers. */
const ANSWERS_PER_LANE = 50;
/**
 * Servers close idle connections after 1 s or more. A request sent at that moment may or may not have been delivered, so none
 * is sent on a connection that has been idle for longer than this. undici's own limit is not used: below a second, it takes a
 * timer for each message.
 */
const IDLE_MS = 500;

/**
 * Connections to one origin, one request at a time on each: after an answer, the next request is sent on the same connection
 * in the same turn. undici's `Pool` searches all connections for a free one, and first lets an answered one become idle; that
 * made a message cost a sixth more. A `Client` writes a request only once: with pipelining 1, only requests that were not
 * started move to another connection. One whose connection failed is discarded.
 */
export class Lanes {
  readonly #limits: ExchangeLimits;
  readonly #wanted: number;
  readonly #route: Route;
  readonly #lanes = new Set<Lane>();
  readonly #free: Lane[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #owner: LaneOwner;
  /** Number of lanes with a request. */
  #busy = 0;
  /** Reduced while this machine lacks resources. */
  #most: number;
  #answersUntilMore = ANSWERS_PER_LANE;
  #closing: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;

  constructor(limits: ExchangeLimits, most: number, route: Route) {
    this.#limits = limits;
    this.#wanted = most;
    this.#most = most;
    this.#route = route;
    this.#owner = {
      release: (lane, isUsable) => this.#release(lane, isUsable),
      postpone: (lane, error) => this.#postpone(lane, error),
    };
  }

  dispatch(request: HttpRequest, onReply: (reply: HttpReply) => void): void {
    const exchange = new Exchange(this.#limits, onReply);
    if (this.#closing) exchange.fail("closed");
    else {
      const lane = this.#freeOne() ?? this.#another();
      if (lane) this.#start(lane, { request, exchange });
      else this.#waiting.push({ request, exchange });
    }
  }

  /** Waits until the requests in flight end, and returns in any case once they are over. */
  close(): Promise<void> {
    this.#closing ??= this.#finish();
    for (const { exchange } of this.#waiting.splice(0)) exchange.fail("closed");
    return this.#closing;
  }

  async #finish(): Promise<void> {
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
    if (this.#busy > 0) await idle;
    const clients = [...this.#lanes].map(({ client }) => client);
    await within(CLOSE_MS, Promise.all(clients.map((client) => client.close())));
    await within(CLOSE_MS, Promise.all(clients.map((client) => client.destroy())));
  }

  /** The one that was used last; the others have been idle for longer. */
  #freeOne(): Lane | undefined {
    const lane = this.#free.pop();
    if (!lane || performance.now() - lane.freeSinceMs <= IDLE_MS) return lane;
    for (const idle of [lane, ...this.#free.splice(0)]) this.#discard(idle);
    return undefined;
  }

  #another(): Lane | undefined {
    if (this.#lanes.size >= this.#most) return undefined;
    const lane = new Lane(this.#route.open(), this.#owner);
    this.#lanes.add(lane);
    return lane;
  }

  #start(lane: Lane, one: Waiting): void {
    const { method, path, body, headers: own } = one.request;
    const { pathPrefix, headers: common } = this.#route;
    const headers = own ? [...common, ...own] : common;
    this.#busy++;
    lane.current = one;
    one.exchange.hooks = lane;
    lane.client.dispatch({ method, path: pathPrefix + path, body: body ?? null, headers }, one.exchange);
  }

  #postpone(lane: Lane, error: Error): boolean {
    if (!lane.current || !isShortage(error) || this.#closing || !this.#isAnotherAtWork(lane)) return false;
    this.#most = Math.max(1, this.#lanes.size - 1);
    this.#waiting.unshift(lane.current);
    return true;
  }

  /** Whether another request will free a connection for those that wait. */
  #isAnotherAtWork(lane: Lane): boolean {
    for (const other of this.#lanes) {
      // A lane that was answered before writes its next request one turn of the event loop later.
      if (other !== lane && other.current && (other.current.exchange.isSent || other.isProven)) return true;
    }
    return false;
  }

  #release(lane: Lane, isUsable: boolean): void {
    this.#busy--;
    lane.current = undefined;
    if (isUsable) this.#countAnswer(lane);
    else this.#discard(lane);
    const next = this.#nextWaiting();
    const free = isUsable ? lane : next && this.#another();
    if (free && next) this.#start(free, next);
    else if (next) this.#waiting.unshift(next);
    else if (free) {
      free.freeSinceMs = performance.now();
      this.#free.push(free);
    }
    if (this.#busy === 0) this.#onIdle?.();
  }

  /** The oldest one that has not expired while waiting. */
  #nextWaiting(): Waiting | undefined {
    let next = this.#waiting.shift();
    while (next?.exchange.isOver) next = this.#waiting.shift();
    return next;
  }

  #countAnswer(lane: Lane): void {
    lane.isProven = true;
    if (this.#most >= this.#wanted || --this.#answersUntilMore > 0) return;
    this.#answersUntilMore = ANSWERS_PER_LANE;
    this.#most++;
    const next = this.#nextWaiting();
    const another = next && this.#another();
    if (another) this.#start(another, next);
    else if (next) this.#waiting.unshift(next);
  }

  #discard(lane: Lane): void {
    this.#lanes.delete(lane);
    // Its socket is gone or closing; there is no need to wait for that.
    void lane.client.destroy();
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
