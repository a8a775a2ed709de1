import { PushCliError } from "../errors.ts";
import type { TokenMode, TokenStore } from "./ports.ts";

/** Which stored tokens are acceptable. */
export interface Wish {
  /** The platform refused this one. */
  refused?: string | undefined;
  /** Ignore the stored one: request a new one from the platform. */
  force?: boolean;
  /** Don't wait for the backend to store a new one. */
  atOnce?: boolean;
}

const WAYS_OUT =
  "let the backend refresh it (its next API call does), or use --token-store push-cli: a stable token of push-cli's own does not affect the backend";
const UNLOCKED_WAYS_OUT =
  "--token-mode stable does not affect the backend; or let the backend refresh it (its next API call does); token refresh --force replaces it anyway, after asking";

/**
 * Why push-cli must not replace the token in the store, as an error; undefined when it may. If a backend has just
 * fetched a token and not yet stored it, another call of /cgi-bin/token invalidates that token, and the backend then
 * stores one that expires in five minutes: so that endpoint is only called under a lock that the backend takes too, or
 * if the operator insists. A stable token is the same for all callers, unless it is forced, and does not affect those
 * of the other endpoint (WeChat's page on stable_token).
 */
export async function whyKept(
  store: TokenStore,
  appid: string,
  mode: TokenMode,
  wish: Wish,
): Promise<PushCliError | undefined> {
  if (store.guard === "read-only") return kept(store, appid, wish, store.whyReadOnly ?? "", WAYS_OUT);
  if (store.guard === "unlocked" && mode === "basic" && !wish.force) {
    const why = `${store.name} has no lock in Redis, and /cgi-bin/token could invalidate a token that the backend is just storing`;
    return kept(store, appid, wish, why, UNLOCKED_WAYS_OUT);
  }
  const unfit = await store.whyUnfit?.(appid);
  return unfit === undefined ? undefined : kept(store, appid, wish, unfit, WAYS_OUT);
}

function kept(store: TokenStore, appid: string, wish: Wish, why: string, ways: string): PushCliError {
  const key = `"${store.keyOf(appid)}"`;
  const what =
    wish.refused !== undefined
      ? `the API refuses the token in ${key}, which push-cli does not replace`
      : wish.force
        ? `push-cli does not replace the token in ${key}`
        : `there is no valid token in ${key}, and push-cli does not write one there`;
  const hint =
    store.elsewhere === undefined || wish.force || wish.refused ? ways : `${store.elsewhere}; ${ways}`;
  return new PushCliError("credentials", `${what}: ${why}`, { hint });
}
