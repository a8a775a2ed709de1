/** How the token is asked for: `stable` is POST /cgi-bin/stable_token, `basic` is GET /cgi-bin/token. */
export type TokenMode = "stable" | "basic";

export interface StoredToken {
  token: string;
  /** Epoch ms at which the stored copy lapses: earlier than the platform's own expiry by the margin. */
  expiresAtMs: number;
  /** Nothing says when it lapses; `expiresAtMs` is when to look again. */
  isEndless?: true;
}

/** Whose way of keeping the token it is: push-cli's own, that of an SDK, or one key that somebody named. */
export type TokenKeeper =
  | "push-cli"
  | "wxjava"
  | "wxjava-redisson"
  | "silenceper"
  | "wechatpy"
  | "powerwechat"
  | "key";

/** What `--token-store` says. */
export interface TokenStoreChoice {
  keeper: TokenKeeper;
  /** What stands behind the `=`: the SDK's prefix, or the name of the key. */
  argument?: string;
}

/**
 * Who may replace the token in a store. `locked`: any process that holds the store's lock. `unlocked`: the backend uses
 * no lock that others could take, so two may replace it at once. `read-only`: only the backend.
 */
export type StoreGuard = "locked" | "unlocked" | "read-only";

/** The shared place of the token (Redis, one key an appid), which backends read too. */
export interface TokenStore {
  /** As `--token-store` has it. */
  readonly name: string;
  readonly guard: StoreGuard;
  /** Why it is read-only. */
  readonly whyReadOnly?: string | undefined;
  /** Where else a token may lie when there is none: the end of a hint. */
  readonly elsewhere?: string | undefined;
  /** Where the token of an appid lies, to be told to people: without the secret, if that is a part of it. */
  keyOf(appid: string): string;
  /** What push-cli takes while it replaces the token; `leaseMs`: how long one of a dead backend stands in the way. */
  lockOf(appid: string): { key: string; leaseMs?: number };
  load(appid: string): Promise<StoredToken | undefined>;
  /** What of the stored value forbids to put another in its place, as the end of a sentence; absent: nothing ever does. */
  whyUnfit?(appid: string): Promise<string | undefined>;
  /** In the form of the value that it replaces; `overwrote`: that was nothing that is known as a token. */
  save(appid: string, token: string, ttlMs: number): Promise<{ overwrote: boolean }>;
}

export interface IssuedToken {
  token: string;
  expiresInSec: number;
}

/** The platform's side. Rejects with a PushCliError: `credentials` when refused, `api` when unreachable. */
export interface TokenApi {
  /** The way that the platform has: not all of them have a stable token. */
  modeOf(wanted: TokenMode): TokenMode;
  fetchToken(mode: TokenMode, force: boolean): Promise<IssuedToken>;
}

/** A lock shared by processes: it lapses by itself when its holder dies. */
export interface LockStore {
  /**
   * The lock, or undefined while somebody else holds it. Renewed in the background until it is released, but for `holdMs`
   * at most: a holder that hangs must not shut out all others for ever.
   */
  acquire(name: string, ttlMs: number, holdMs?: number): Promise<HeldLock | undefined>;
}

export interface HeldLock {
  /** Aborted as soon as the lock may be somebody else's: stop working under it. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/** What the broadcast engine asks of the token provider. */
export interface AccessTokens {
  /** The token to send with; fetched at first use. Rejects with a PushCliError. */
  current(): Promise<string>;
  /** The token if one is at hand: saves a promise a message. */
  cached(): string | undefined;
  /** The platform refused `refused`: a newer one from the store, else one refresh for all callers. */
  renew(refused: string): Promise<string>;
}
