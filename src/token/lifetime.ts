/** Refreshing this much early lets a message that is just being sent still be accepted. */
const MARGIN_SEC = 300;

/**
 * How long a token of `expiresInSec` is kept, in ms: its lifetime less five minutes, but at least a tenth of it, so
 * that a token near its end (stable_token hands out what is left of one) is used and not asked for again at once.
 */
export function tokenTtlMs(expiresInSec: number): number {
  return Math.ceil(Math.max(expiresInSec - MARGIN_SEC, expiresInSec / 10) * 1000);
}
