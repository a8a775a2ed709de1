/** How the token is asked for: `stable` is POST /cgi-bin/stable_token, `basic` is GET /cgi-bin/token. */
export type TokenMode = "stable" | "basic";

export interface StoredToken {
  token: string;
  /** Epoch ms at which the stored copy lapses: earlier than the platform's own expiry by the margin. */
  expiresAtMs: number;
}

/** The shared place of the token (Redis, one key an appid), which backends read too. */
export interface TokenStore {
  /** Where the token of an appid lies, to be told to people. */
  keyOf(appid: string): string;
  load(appid: string): Promise<StoredToken | undefined>;
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
