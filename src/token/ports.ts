/** How the token is requested: `stable` is POST /cgi-bin/stable_token, `basic` is GET /cgi-bin/token. */
export type TokenMode = "stable" | "basic";

export interface StoredToken {
  token: string;
  /** Epoch ms at which the stored copy expires: earlier than the platform's own expiry by the margin. */
  expiresAtMs: number;
  /** Its expiry is unknown; `expiresAtMs` is when to look again. */
  isEndless?: true;
}

/** Who defines how the token is stored: push-cli itself, an SDK, or the operator by the name of a key. */
export type TokenKeeper =
  | "push-cli"
  | "wxjava"
  | "wxjava-redisson"
  | "silenceper"
  | "wechatpy"
  | "powerwechat"
  | "key";

/** The parsed value of `--token-store`. */
export interface TokenStoreChoice {
  keeper: TokenKeeper;
  /** The part after the `=`: the SDK's prefix, or the name of the key. */
  argument?: string;
}

/**
 * Who may replace the token in a store. `locked`: any process that holds the store's lock. `unlocked`: the backend uses no
 * lock that others could take, so two may replace it at the same time. `read-only`: only the backend.
 */
export type StoreGuard = "locked" | "unlocked" | "read-only";

/** The shared location of the token (Redis, one key per appid), which backends read too. */
export interface TokenStore {
  /** As written in `--token-store`. */
  readonly name: string;
  readonly guard: StoreGuard;
  /** Why it is read-only. */
  readonly whyReadOnly?: string | undefined;
  /** Where else a token may be stored if there is none: the end of a hint. */
  readonly elsewhere?: string | undefined;
  /** The key of the token of an appid, for display: without the secret, if that is part of it. */
  keyOf(appid: string): string;
  /**
   * The lock that push-cli takes while it replaces the token; `leaseMs`: how long the lock of a dead backend blocks
   * others.
   */
  lockOf(appid: string): { key: string; leaseMs?: number };
  load(appid: string): Promise<StoredToken | undefined>;
  /** Why the stored value must not be replaced, as the end of a sentence; absent: it always may be. */
  whyUnfit?(appid: string): Promise<string | undefined>;
  /** Saved in the form of the value that it replaces; `overwrote`: that value was not recognized as a token. */
  save(appid: string, token: string, ttlMs: number): Promise<{ overwrote: boolean }>;
}

export interface IssuedToken {
  token: string;
  expiresInSec: number;
}

/** The platform's API for tokens. Rejects with a PushCliError: `credentials` when refused, `api` when unreachable. */
export interface TokenApi {
  /** The mode that the platform supports: not all have a stable token. */
  modeOf(wanted: TokenMode): TokenMode;
  fetchToken(mode: TokenMode, force: boolean): Promise<IssuedToken>;
}

/** A lock shared by processes: it expires by itself when its holder dies. */
export interface LockStore {
  /**
   * The lock, or undefined while another process holds it. Renewed in the background until it is released, but for at most
   * `holdMs`: a holder that hangs must not block all others forever.
   */
  acquire(name: string, ttlMs: number, holdMs?: number): Promise<HeldLock | undefined>;
}

export interface HeldLock {
  /** Aborted as soon as another process may hold the lock: stop working under it. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/** What the broadcast engine needs from the token provider. */
export interface AccessTokens {
  /** The token to send with; fetched on first use. Rejects with a PushCliError. */
  current(): Promise<string>;
  /** The token if it is in memory: saves a promise per message. */
  cached(): string | undefined;
  /** The platform refused `refused`: returns a newer one from the store, or else does one refresh for all callers. */
  renew(refused: string): Promise<string>;
}
