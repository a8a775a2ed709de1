import { randomBytes } from "node:crypto";
import type { WireToken } from "../platforms/wechat/wire.ts";
import type { SandboxSettings } from "./options.ts";
import { Quota } from "./quota.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Both how long a replaced token stays valid, and how long before its end the stable one is replaced. */
const OVERLAP_MS = 5 * MINUTE_MS;
const FORCED_APART_MS = 30_000;

export type TokenKind = "basic" | "stable";
type Settings = Pick<SandboxSettings, "tokenTtlSec" | "now">;

/** The access tokens of one account. The basic and the stable kind are independent of each other. */
export class Tokens {
  readonly issued = { basic: 0, stable: 0 };
  readonly calls = { basic: 0, stable: 0 };
  readonly #ttlMs: number;
  readonly #overlapMs: number;
  readonly #now: () => number;
  /**
   * Every token that was ever valid, except those invalidated by a forced refresh: expired ones are answered
   * differently.
   */
  readonly #expiresAtMs = new Map<string, number>();
  #stable: string | undefined;
  #basic: string | undefined;
  #forcedAtMs = Number.NEGATIVE_INFINITY;
  readonly #quotas = {
    basicDay: new Quota(2_000, DAY_MS),
    stableDay: new Quota(500_000, DAY_MS),
    stableMinute: new Quota(10_000, MINUTE_MS),
    forcedDay: new Quota(20, DAY_MS),
  };

  constructor(settings: Settings) {
    this.#ttlMs = settings.tokenTtlSec * 1000;
    // A test with a lifetime of seconds expects the same token twice, so the overlap takes at most half of it.
    this.#overlapMs = Math.min(OVERLAP_MS, this.#ttlMs / 2);
    this.#now = settings.now;
  }

  /** 0, or why a call with this token is refused. */
  check(token: string | undefined): number {
    if (!token) return 41001;
    const expiresAtMs = this.#expiresAtMs.get(token);
    if (expiresAtMs === undefined) return 40001;
    return this.#now() < expiresAtMs ? 0 : 42001;
  }

  /** A new token for every call; an errcode when the day's quota is used up. */
  fetchBasic(): WireToken | number {
    // Read once per call: a token that was issued a millisecond ago would have 7199 s left.
    const now = this.#now();
    this.calls.basic += 1;
    if (!this.#quotas.basicDay.take(now)) return 45009;
    this.#retire(this.#basic, now);
    this.#basic = this.#issue("basic", now);
    return this.#render(this.#basic, now);
  }

  /**
   * The same token until its last minutes; `force` invalidates it at once, unless the last forced call is too recent.
   */
  fetchStable(force: boolean): WireToken | number {
    const now = this.#now();
    this.calls.stable += 1;
    if (!this.#quotas.stableMinute.take(now)) return 45011;
    if (!this.#quotas.stableDay.take(now)) return 45009;
    if (force && now - this.#forcedAtMs >= FORCED_APART_MS) {
      if (!this.#quotas.forcedDay.take(now)) return 45009;
      this.#forcedAtMs = now;
      if (this.#stable !== undefined) this.#expiresAtMs.delete(this.#stable);
      this.#stable = undefined;
    }
    if (this.#stable === undefined || this.#remainingMs(this.#stable, now) <= this.#overlapMs) {
      this.#retire(this.#stable, now);
      this.#stable = this.#issue("stable", now);
    }
    return this.#render(this.#stable, now);
  }

  /** Issues a token that doesn't affect the others, valid for this many seconds. */
  fetchAnother(ttlSec: number): WireToken {
    const now = this.#now();
    this.calls.basic += 1;
    const token = this.#issue("basic", now, ttlSec * 1000);
    return this.#render(token, now);
  }

  expireAll(): void {
    const now = this.#now();
    for (const [token, expiresAtMs] of this.#expiresAtMs) {
      if (expiresAtMs > now) this.#expiresAtMs.set(token, now);
    }
  }

  /** Reduces a token's lifetime to the overlap; an expired one stays expired. */
  #retire(token: string | undefined, now: number): void {
    if (token !== undefined && this.#remainingMs(token, now) > 0) {
      this.#expiresAtMs.set(token, now + this.#overlapMs);
    }
  }

  #issue(kind: TokenKind, now: number, ttlMs = this.#ttlMs): string {
    // 157 characters, as long as the platform's: a client that truncates or wraps tokens fails here.
    const token = `99_${randomBytes(115).toString("base64url")}`;
    this.#expiresAtMs.set(token, now + ttlMs);
    this.issued[kind] += 1;
    return token;
  }

  #render(token: string, now: number): WireToken {
    return { access_token: token, expires_in: Math.floor(this.#remainingMs(token, now) / 1000) };
  }

  #remainingMs(token: string, now: number): number {
    return (this.#expiresAtMs.get(token) ?? 0) - now;
  }
}
