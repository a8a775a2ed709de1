import type { Clock } from "../clock.ts";
import type { PushCliError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { tokenTtlMs } from "./lifetime.ts";
import { type Wish, whyKept } from "./may-replace.ts";
import type {
  AccessTokens,
  HeldLock,
  LockStore,
  StoredToken,
  TokenApi,
  TokenMode,
  TokenStore,
} from "./ports.ts";
import { lockedError, whileHeld } from "./while-held.ts";

export interface TokenProviderOptions {
  appid: string;
  mode: TokenMode;
  store: TokenStore;
  locks: LockStore;
  api: TokenApi;
  /** Timeout of a call of `api`, ms; defaults to 10 s. */
  callMs?: number;
  clock: Clock;
  log?: Logger | undefined;
  /** Called with warnings for the operator when nothing has failed. */
  warn?: (text: string) => void;
}

export interface RefreshedToken extends StoredToken {
  /** `store`: a token from another process was good enough. */
  source: "store" | "api";
}

export interface RefreshPlan {
  stored: StoredToken | undefined;
  /** Whether the platform is called for a token. */
  fetches: boolean;
  /** Why the refresh would fail. */
  refusal: PushCliError | undefined;
}

export interface TokenProvider extends AccessTokens {
  /** Where the token is stored, the lock for replacing it, and how a new one is requested. */
  readonly store: string;
  readonly key: string;
  readonly lock: string;
  readonly mode: TokenMode;
  /** Where else a token may be stored: the end of a hint. */
  readonly elsewhere: string | undefined;
  /** The current content of the store; calls nothing else. */
  show(): Promise<StoredToken | undefined>;
  /** What `refresh` would do now; changes nothing. */
  plan(force: boolean): Promise<RefreshPlan>;
  /** The stored token, or else a new one; with `force` always a new one. */
  refresh(force: boolean): Promise<RefreshedToken>;
}

/** The lock is renewed while it is held; this is how long a dead holder blocks the others. */
const LOCK_TTL_MS = 10_000;
const CALL_MS = 10_000;
/** The time from the first call of the platform to its last retry (`platforms/errcode/token-api.ts`), plus a margin. */
const TRIES_MS = 15_000;
const POLL_MS = 50;
/** How long a backend has to replace a token that push-cli may not replace: it does so at its next call of the API. */
const BACKEND_MS = 15_000;
const BACKEND_POLL_MS = 500;
/** The time to take over a lock whose holder died. */
const TAKEOVER_MS = 10_000;
/**
 * All senders that were refused together cause one refresh; a platform that is slow to change its token is called again.
 */
const CONFIRMED_MS = 1000;

/**
 * The access token of one appid, shared by all processes through `store`. A refresh is done under the lock
 * `token:<appid>`, so many processes cause one call of the platform; within the process callers share one promise. Rejects
 * with PushCliErrors: those of the ports, and `locked` after waiting 45 s (with calls of 10 s) for another process.
 */
export function createTokenProvider(options: TokenProviderOptions): TokenProvider {
  return new Provider(options);
}

class Provider implements TokenProvider {
  readonly #options: TokenProviderOptions;
  #held: StoredToken | undefined;
  #flight: { refused: string | undefined; token: Promise<string> } | undefined;
  /** The platform returned this same token again after it had been refused. */
  #confirmed: { token: string; untilMs: number } | undefined;

  constructor(options: TokenProviderOptions) {
    this.#options = options;
  }

  get store(): string {
    return this.#options.store.name;
  }

  get key(): string {
    return this.#options.store.keyOf(this.#options.appid);
  }

  get lock(): string {
    return this.#options.store.lockOf(this.#options.appid).key;
  }

  get elsewhere(): string | undefined {
    return this.#options.store.elsewhere;
  }

  get mode(): TokenMode {
    return this.#options.api.modeOf(this.#options.mode);
  }

  cached(): string | undefined {
    return this.#held && this.#held.expiresAtMs > this.#options.clock.now() ? this.#held.token : undefined;
  }

  async current(): Promise<string> {
    return this.cached() ?? this.#share(undefined);
  }

  async renew(refused: string): Promise<string> {
    const known = this.cached();
    return known !== undefined && known !== refused ? known : this.#share(refused);
  }

  show(): Promise<StoredToken | undefined> {
    return this.#options.store.load(this.#options.appid);
  }

  refresh(force: boolean): Promise<RefreshedToken> {
    return this.#obtain({ force, atOnce: true });
  }

  async plan(force: boolean): Promise<RefreshPlan> {
    const stored = await this.show();
    const fetches = force || !stored || stored.expiresAtMs <= this.#options.clock.now();
    return { stored, fetches, refusal: fetches ? await this.#whyKept({ force }) : undefined };
  }

  /** One refresh at a time: callers with the same wish share it, others check again when it has finished. */
  #share(refused: string | undefined): Promise<string> {
    const flying = this.#flight;
    if (flying && flying.refused === refused) return flying.token;
    return flying ? this.#after(flying.token, refused) : this.#fly(refused);
  }

  async #after(flying: Promise<string>, refused: string | undefined): Promise<string> {
    await flying.catch(() => undefined); // its own callers get the error
    return refused === undefined ? this.current() : this.renew(refused);
  }

  #fly(refused: string | undefined): Promise<string> {
    const token = this.#obtain({ refused }).then((obtained) => obtained.token);
    const flight = { refused, token };
    this.#flight = flight;
    const land = () => {
      if (this.#flight === flight) this.#flight = undefined;
    };
    token.then(land, land);
    return token;
  }

  async #obtain(wish: Wish): Promise<RefreshedToken> {
    const { appid, locks, clock, store, log } = this.#options;
    let waits = false;
    const askedAt = clock.monotonic();
    const holdMs = holdMsOf(this.#options);
    const { leaseMs } = store.lockOf(appid);
    // Until the lock of a holder that hangs has expired.
    const waitMs = leaseMs === undefined ? holdMs + LOCK_TTL_MS : leaseMs + TAKEOVER_MS;
    for (;;) {
      const stored = await this.#stored(wish);
      if (stored) return stored;
      const refusal = await this.#whyKept(wish);
      if (refusal) {
        if (wish.atOnce || clock.monotonic() >= askedAt + BACKEND_MS) throw refusal;
        await clock.sleep(BACKEND_POLL_MS);
        continue;
      }
      const lock = await locks.acquire(`token:${appid}`, LOCK_TTL_MS, holdMs);
      if (lock) return await whileHeld(lock, () => this.#refresh(wish, lock));
      if (clock.monotonic() >= askedAt + waitMs) throw lockedError(appid, this.lock, waitMs);
      if (!waits) log?.info("token", "another process is fetching one: waiting for it", { key: this.key });
      waits = true;
      await clock.sleep(POLL_MS * (1 + clock.random()));
    }
  }

  #whyKept(wish: Wish): Promise<PushCliError | undefined> {
    return whyKept(this.#options.store, this.#options.appid, this.mode, wish);
  }

  async #refresh(wish: Wish, lock: HeldLock): Promise<RefreshedToken> {
    const { appid, mode, api, store, clock } = this.#options;
    // The previous holder of the lock may have done the work.
    const stored = await this.#stored(wish);
    if (stored) return stored;
    const askedAtMs = clock.now();
    const issued = await api.fetchToken(mode, wish.force === true);
    // After this process stood still, an answer may be read before the timer that finds the lock lost.
    if (lock.lost.aborted || clock.now() - askedAtMs >= LOCK_TTL_MS) {
      // Another process may have refreshed meanwhile; its token is then the newer one.
      const theirs = await this.#stored(wish);
      if (theirs) return theirs;
    }
    const ttlMs = tokenTtlMs(issued.expiresInSec);
    const { overwrote } = await store.save(appid, issued.token, ttlMs);
    if (overwrote) this.#options.warn?.(overwroteWarning(this.key));
    if (issued.token === wish.refused) {
      this.#confirmed = { token: issued.token, untilMs: askedAtMs + CONFIRMED_MS };
    }
    return this.#keep({ token: issued.token, expiresAtMs: askedAtMs + ttlMs }, "api");
  }

  async #stored({ refused, force }: Wish): Promise<RefreshedToken | undefined> {
    if (force) return undefined;
    const stored = await this.show();
    if (!stored || stored.expiresAtMs <= this.#options.clock.now()) return undefined;
    if (stored.token === refused && !this.#isConfirmed(refused)) return undefined;
    return this.#keep(stored, "store");
  }

  #isConfirmed(token: string): boolean {
    return this.#confirmed?.token === token && this.#options.clock.now() < this.#confirmed.untilMs;
  }

  #keep(token: StoredToken, source: RefreshedToken["source"]): RefreshedToken {
    const { clock, log } = this.#options;
    this.#held = token;
    log?.hide(token.token);
    const leftSec = Math.round((token.expiresAtMs - clock.now()) / 1000);
    log?.info("token", `${FROM[source]}, valid for ${leftSec} s`, { source, leftSec, key: this.key });
    return { ...token, source };
  }
}

const FROM = { store: "taken from Redis", api: "a new one from the API, kept in Redis" };

function overwroteWarning(key: string): string {
  return `"${key}" held a value that push-cli can't read as a token, and now holds the new token as plain text: check --key-prefix, and whether a backend uses that key for something else`;
}

/** The maximum time to hold a lock: by then, calling the platform is over. A whole request may take twice its timeout. */
function holdMsOf({ callMs = CALL_MS }: TokenProviderOptions): number {
  return TRIES_MS + 2 * callMs;
}
