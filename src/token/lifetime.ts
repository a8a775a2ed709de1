/** With this margin, a message that is being sent while the token is refreshed is still accepted. */
const MARGIN_SEC = 300;

/**
 * How long a token of `expiresInSec` is stored, in ms: its lifetime minus five minutes, but at least a tenth of it,
 * so that a token near its end (stable_token returns the current one with its remaining lifetime) is used and not
 * requested again at once.
 */
export function tokenTtlMs(expiresInSec: number): number {
  return Math.ceil(Math.max(expiresInSec - MARGIN_SEC, expiresInSec / 10) * 1000);
}
