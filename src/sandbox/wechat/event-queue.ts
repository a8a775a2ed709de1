import { setMaxListeners } from "node:events";
import { seededRandom } from "../random.ts";
import { type Callback, type CallbackOptions, resolveCallback } from "./callback-options.ts";
import { deliverPost, type EventPost, postOf, strayPost, verifyCallback } from "./event-post.ts";
import { type EventItem, type EventName, type PlatformEvent, renderOther } from "./events.ts";

/** Maximum concurrent posts: a callback under test is one process, not all of the platform's customers. */
const MAX_POSTS = 32;

interface Settings {
  appid: string;
  seed: number;
  now: () => number;
  callback: CallbackOptions | undefined;
}

/** The events that wait for their time, and those being posted to the callback URL. */
export class EventQueue {
  readonly counts = { made: 0, posted: 0, answered: 0, givenUp: 0, waiting: 0 };
  readonly #settings: Settings;
  readonly #random: () => number;
  readonly #stop = new AbortController();
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Receipts that others of the same user may join. */
  readonly #open = new Map<string, EventItem[]>();
  readonly #posts: EventPost[] = [];
  #inAir = 0;
  #callback: Callback | undefined;
  #last: EventPost | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
    // Independent of the faults' sequence: a callback must not change which sends they affect.
    this.#random = seededRandom(settings.seed + 1);
    // One for each concurrent post.
    setMaxListeners(MAX_POSTS, this.#stop.signal);
    this.set(settings.callback);
  }

  /** Takes effect now; undefined: events are not posted. */
  set(callback: CallbackOptions | undefined): void {
    this.#callback = callback && resolveCallback(callback);
  }

  /** Whether the callback exists and echoes; false without one. */
  async verify(): Promise<boolean> {
    return this.#callback !== undefined && verifyCallback(this.#callback, this.#settings.now);
  }

  /** Decides whether an accepted message fails later. */
  drawFailure(): boolean {
    return this.#callback !== undefined && this.#chance(this.#callback.failPercent);
  }

  /** Posts it after a delay; a receipt may join one that is waiting. */
  add(openId: string, name: EventName, items: EventItem[]): void {
    const callback = this.#callback;
    if (callback === undefined) return;
    const isReceipt = name === "subscribe_msg_sent_event";
    const waiting = isReceipt ? this.#open.get(openId) : undefined;
    if (waiting !== undefined && this.#chance(callback.joinPercent)) {
      waiting.push(...items);
      return;
    }
    this.counts.made += 1;
    if (isReceipt) this.#open.set(openId, items);
    this.#later(callback, () => {
      if (this.#open.get(openId) === items) this.#open.delete(openId);
      this.#send({ openId, name, items, createdSec: Math.floor(this.#settings.now() / 1000) }, callback);
    });
  }

  /** Adds an event unrelated to subscriptions. */
  addOther(openId: string, other: Parameters<typeof renderOther>[3]): void {
    const callback = this.#callback;
    if (callback === undefined) return;
    this.counts.made += 1;
    this.#later(callback, () => {
      const plain = renderOther(openId, Math.floor(this.#settings.now() / 1000), callback.format, other);
      this.#postNew({ openId, plain, appid: this.#settings.appid }, callback);
    });
  }

  /** Adds the result of an official account's message: `success`, or why it failed. */
  addFinishedJob(openId: string, msgid: string, status: string): void {
    const callback = this.#callback;
    if (callback === undefined) return;
    this.counts.made += 1;
    const other = { event: "TEMPLATESENDJOBFINISH", fields: { MsgID: msgid, Status: status } };
    this.#later(callback, () => {
      const plain = renderOther(openId, Math.floor(this.#settings.now() / 1000), callback.format, other);
      const post = { openId, plain, appid: this.#settings.appid };
      if (this.#chance(callback.twicePercent)) this.#later(callback, () => this.#post(post, callback));
      this.#postNew(post, callback);
    });
  }

  /** Posts the last one again, unchanged. Returns whether there is one. */
  redeliver(): boolean {
    if (this.#last === undefined || this.#callback === undefined) return false;
    this.#post(this.#last, this.#callback);
    return true;
  }

  /** Drops waiting events and aborts those being posted. */
  close(): void {
    this.#stop.abort();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#posts.length = 0;
  }

  #send(event: PlatformEvent, callback: Callback): void {
    const chance = (percent: number) => this.#chance(percent);
    if (chance(callback.strayPercent)) this.#post(strayPost(event, callback), callback);
    const post = postOf(event, callback, this.#settings.appid, chance);
    if (chance(callback.twicePercent)) this.#later(callback, () => this.#post(post, callback));
    this.#postNew(post, callback);
  }

  #postNew(post: EventPost, callback: Callback): void {
    this.#last = post;
    this.#post(post, callback);
  }

  #post(post: EventPost, callback: Callback): void {
    this.#posts.push(post);
    if (this.#inAir < MAX_POSTS) void this.#work(callback);
  }

  async #work(callback: Callback): Promise<void> {
    this.#inAir += 1;
    for (let post = this.#posts.shift(); post !== undefined; post = this.#posts.shift()) {
      this.counts.posted += 1;
      const isAnswered = await deliverPost(post, callback, this.#settings.now, this.#stop.signal);
      this.counts[isAnswered ? "answered" : "givenUp"] += 1;
    }
    this.#inAir -= 1;
  }

  #later({ delayMs }: Callback, action: () => void): void {
    this.counts.waiting += 1;
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        this.counts.waiting -= 1;
        action();
      },
      delayMs * (0.02 + 0.98 * this.#random()),
    ).unref();
    this.#timers.add(timer);
  }

  #chance(percent: number): boolean {
    return this.#random() * 100 < percent;
  }
}
