import type { CollectorBooks } from "../collector/ports.ts";
import type { Logger } from "../log.ts";
import { connectRedis, type RedisTls } from "./connect.ts";
import { createConsentPoolKeys } from "./consent-keys.ts";
import { createPoolKeys, type PoolKeyOptions } from "./pool-keys.ts";
import { openSteadyLink } from "./steady-link.ts";
import { createCodeBook } from "./take-codes.ts";
import { createConsentBook } from "./take-consents.ts";

export interface CollectorBookOptions extends PoolKeyOptions {
  redisUrl: string;
  /** The URL without its password. */
  shownUrl: string;
  redisTls?: RedisTls | undefined;
  /** How long a code works after it was made, ms. */
  lifeMs: number;
  /** Valid codes that a user's pool may have. */
  cap: number;
  /** How many messages a code is good for; absent: 1. */
  codeUses?: number | undefined;
  /** `<key prefix>consent:` unless given. */
  consentPrefix?: string | undefined;
  /** Valid consents that a user may have of a template; undefined: any number. */
  consentCap?: number | undefined;
  /** How old a consent may be, ms; undefined: of any age. */
  maxAgeMs?: number | undefined;
  /** Ids of long-term templates. */
  standing?: ReadonlySet<string> | undefined;
  log?: Logger | undefined;
  /** How long Redis may take for an answer before that counts as none, ms. */
  replyMs?: number | undefined;
}

const REPLY_MS = 1000;

/**
 * What the collector keeps in Redis, over one connection that is always re-established; while there is none, also at
 * the start, everything fails at once with the reason. Rejects with a `config` error for settings that can't work with
 * any Redis.
 */
export async function openCollectorBooks(
  options: CollectorBookOptions,
): Promise<CollectorBooks & { close(): void }> {
  const { redisUrl: url, shownUrl, redisTls: tls, replyMs = REPLY_MS } = options;
  const { lifeMs, cap, keyPrefix, consentPrefix, consentCap, maxAgeMs, standing = new Set() } = options;
  const keys = createPoolKeys(options);
  const consents = { keyPrefix, consentPrefix, cap: consentCap, maxAgeMs, standing };
  // Throws where the prefix can't be, before anything is opened.
  createConsentPoolKeys(consents);
  const open = () =>
    connectRedis({
      url,
      shownUrl,
      tls,
      replyMs,
      log: options.log,
      reconnectMs: Number.POSITIVE_INFINITY,
      aclPatternOf: keys.aclPatternOf,
      probe: [keys.broadcast("a"), keys.broadcast("b")],
    });
  const link = await openSteadyLink({ open, replyMs, shownUrl });
  return {
    codes: createCodeBook(link, keys, { lifeMs, cap, codeUses: options.codeUses }),
    consents: createConsentBook(link, consents),
    ping: async () => {
      await link.call(link.client.ping());
    },
    close: link.close,
  };
}
