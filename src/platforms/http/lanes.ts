import type { Client } from "undici";
import { Exchange, type ExchangeLimits, type HttpReply, type LaneHooks } from "./exchange.ts";
import { isShortage } from "./wire-failure.ts";

export interface HttpRequest {
  method: "GET" | "POST";
  /** With its query. */
  path: string;
  /** JSON, unless the options name another type. */
  body?: string | undefined;
  /** Names and values by turns, beside those that all requests have. */
  headers?: readonly string[] | undefined;
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

/** A connection, and what is on it. */
class Lane implements LaneHooks {
  readonly client: Client;
  /** Undefined while it is free. */
  current: Waiting | undefined;
  /** It was answered on. */
  isProven = false;
  /** Since when it is free. */
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

/** undici's client may never be through with what it counts as running; sockets close at once. */
const CLOSE_MS = 1000;
/** After a shortage, one more connection is tried for each so many answers. */
const ANSWERS_PER_LANE = 50;
/**
 * Servers close idle connections after 1 s and more. A request that meets the end of one may or may not have been delivered, so
 * none goes out on a connection that has been idle for longer than this. Not by undici's own limit: for less than a second that is a timer of its own for each message.
 */
const IDLE_MS = 500;

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
  readonly #lanes = new Set<Lane>();
  readonly #free: Lane[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #owner: LaneOwner;
  /** Lanes with a request on them. */
  #busy = 0;
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

  /** Whose end will free a connection for what waits. */
  #isAnotherAtWork(lane: Lane): boolean {
    for (const other of this.#lanes) {
      // One that was answered before writes its next request a turn of the event loop later.
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

  /** The oldest one that has not expired while it waited. */
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
    // Its socket is gone, or on its way out; nobody has to wait for that.
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
