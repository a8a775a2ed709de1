import type { Clock } from "../../clock.ts";
import type { Logger } from "../../log.ts";
import type { LockStore, TokenMode, TokenStore, TokenStoreChoice } from "../../token/ports.ts";
import type { Keys } from "../keys.ts";
import type { RedisLink } from "../link.ts";
import { createTokenStore } from "../token-store.ts";
import { layoutOf, type TokenLayout } from "./layouts.ts";
import { createSdkTokenStore } from "./store.ts";
import { createWxJavaLocks } from "./wxjava-locks.ts";

/** The settings that say where the token is stored. */
export interface TokenPlace {
  /** Absent: push-cli's own. */
  tokenStore?: TokenStoreChoice | undefined;
  tokenMode?: TokenMode | undefined;
  appid?: string | undefined;
  appsecret?: string | undefined;
}

type Locks = LockStore & { releaseAll(): Promise<unknown> };

/** Store and locks of the token. `locks` are push-cli's own, which are used if the SDK has none. */
export function openTokens(
  link: RedisLink,
  keys: Keys,
  locks: Locks,
  {
    tokenStore,
    tokenMode = "stable",
    appid = "",
    appsecret,
    clock,
    log,
  }: TokenPlace & { clock: Clock; log?: Logger | undefined },
): { store: TokenStore; locks: Locks } {
  const layout = tokenStore && layoutOf(tokenStore);
  if (!layout) return { store: createTokenStore(link, keys, clock), locks };
  const { keeper, argument } = tokenStore;
  const account = { appsecret, mode: tokenMode };
  const store = createSdkTokenStore(link, {
    name: argument === undefined || keeper === "key" ? keeper : `${keeper}=${argument}`,
    layout,
    account,
    ownLockOf: (of) => keys.lock(`token:${of}`),
    now: () => clock.now(),
  });
  // A key with a secret in it appears in each command of the trace.
  if (appsecret !== undefined) {
    const real = layout.keyOf({ ...account, appid });
    if (real !== layout.shownKeyOf({ ...account, appid })) log?.hide(real);
  }
  const lockKey = layout.lockOf?.({ ...account, appid });
  return { store, locks: lockKey === undefined ? locks : createWxJavaLocks(link, lockKey) };
}

/** The ACL pattern that covers a key used for the token; undefined for any other key. */
export function tokenPatternOf(place: TokenPlace): (key: string) => string | undefined {
  const layout: TokenLayout | undefined = place.tokenStore && layoutOf(place.tokenStore);
  const patterns = (layout?.patterns ?? []).map((pattern) => ({ pattern, test: globTest(pattern) }));
  return (key) => patterns.find(({ test }) => test.test(key))?.pattern;
}

/** An ACL pattern of ours as a RegExp: escaped characters and stars. */
function globTest(pattern: string): RegExp {
  const source = pattern.replace(/\\(.)|(\*)|([^\w])/gs, (_, escaped, star, other) =>
    star ? ".*" : (escaped ?? other).replace(/\W/g, "\\$&"),
  );
  return new RegExp(`^${source}$`, "s");
}
