import { randomUUID } from "node:crypto";
import type { HeldLock, LockStore } from "../token/ports.ts";
import type { Keys } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { SCRIPTS } from "./scripts.ts";

/**
 * Locks by SET NX PX with an owner token: renewed after a third of their lifetime, deleted only by their owner.
 * `releaseAll` is for a process that is told to end in the middle of its work. `newOwner` makes the owner tokens, a
 * different one each time.
 */
export function createLockStore(
  link: RedisLink,
  keys: Pick<Keys, "lock">,
  newOwner: () => string | Promise<string> = randomUUID,
): LockStore & { releaseAll(): Promise<unknown> } {
  const held = new Set<RenewedLock>();
  return {
    releaseAll: () => Promise.allSettled([...held].map((lock) => lock.release())),
    async acquire(name, ttlMs, holdMs) {
      const key = keys.lock(name);
      const owner = await newOwner();
      // If the script that releases locks is refused, no lock is taken: it would block others until it expires.
      await link.run(SCRIPTS.releaseLock, [key], [owner]);
      const askedAt = performance.now();
      const taken = await link.call(link.client.set(key, owner, "PX", ttlMs, "NX"));
      // Sent again after a lost reply, SET NX meets our own lock.
      if (taken !== "OK" && (await link.call(link.client.get(key))) !== owner) return undefined;
      const onEnd = () => held.delete(lock);
      const lock = new RenewedLock(link, key, { owner, ttlMs, askedAt, holdMs, onEnd });
      held.add(lock);
      return lock;
    },
  };
}

interface LockTerms {
  owner: string;
  ttlMs: number;
  askedAt: number;
  holdMs: number | undefined;
  onEnd(): void;
}

/** Counts as lost when another process holds it, or when it may have expired because no renewal succeeded in time. */
class RenewedLock implements HeldLock {
  private readonly losing = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private deadline: NodeJS.Timeout | undefined;
  private ended = false;
  private renewing = false;

  private readonly link: RedisLink;
  private readonly key: string;
  private readonly owner: string;
  private readonly ttlMs: number;
  private readonly onEnd: () => void;
  /** The deadline for the work; the lock is not renewed beyond it. */
  private readonly until: number;

  constructor(link: RedisLink, key: string, { owner, ttlMs, askedAt, holdMs, onEnd }: LockTerms) {
    this.link = link;
    this.key = key;
    this.owner = owner;
    this.ttlMs = ttlMs;
    this.onEnd = onEnd;
    this.until = askedAt + (holdMs ?? Number.POSITIVE_INFINITY);
    this.timer = setInterval(() => this.renew(), ttlMs / 3);
    this.timer.unref();
    this.trustFrom(askedAt);
  }

  get lost(): AbortSignal {
    return this.losing.signal;
  }

  async release(): Promise<void> {
    this.end();
    await this.link.run(SCRIPTS.releaseLock, [this.key], [this.owner]);
  }

  private async renew(): Promise<void> {
    const askedAt = performance.now();
    if (this.renewing || askedAt >= this.until) return;
    this.renewing = true;
    const [renewal] = await Promise.allSettled([
      this.link.run(SCRIPTS.renewLock, [this.key], [this.owner, this.ttlMs]),
    ]);
    this.renewing = false;
    // A failed renewal is tried again after the next third; the deadline accounts for the loss.
    if (this.ended || renewal.status === "rejected") return;
    if (renewal.value === 1) this.trustFrom(askedAt);
    else this.lose();
  }

  /** Redis counts the lifetime from some moment after the command was sent. */
  private trustFrom(askedAt: number): void {
    clearTimeout(this.deadline);
    this.deadline = setTimeout(() => this.lose(), askedAt + this.ttlMs - performance.now());
    this.deadline.unref();
  }

  private lose(): void {
    this.end();
    this.losing.abort();
  }

  private end(): void {
    this.ended = true;
    this.onEnd();
    clearInterval(this.timer);
    clearTimeout(this.deadline);
  }
}
