import type { CollectorBooks } from "../collector/ports.ts";
import type { Logger } from "../log.ts";
import { connectRedis, type RedisTls } from "./connect.ts";
import { ANY_TEMPLATE, createConsentKeys } from "./consent-keys.ts";
import { createPoolKeys, type PoolKeyOptions } from "./pool-keys.ts";
import { openSteadyLink } from "./steady-link.ts";
import { createCodeBook } from "./take-codes.ts";
import { createConsentBook } from "./take-consents.ts";

export interface CollectorBookOptions extends PoolKeyOptions {
  redisUrl: string;
  /** The URL without its password. */
  shownUrl: string;
  redisTls?: RedisTls | undefined;
  /** How long a code is valid after its creation, ms. */
  lifeMs: number;
  /** Maximum valid codes in a user's pool. */
  cap: number;
  /** How many messages a code is good for; defaults to 1. */
  codeUses?: number | undefined;
  /** Defaults to `<key prefix>consent:`. */
  consentPrefix?: string | undefined;
  /** Maximum valid consents of a user for one template; undefined: unlimited. */
  consentCap?: number | undefined;
  /** Maximum age of a consent, ms; undefined: any age. */
  maxAgeMs?: number | undefined;
  /** Ids of long-term templates. */
  standing?: ReadonlySet<string> | undefined;
  log?: Logger | undefined;
  /** Maximum time for a reply from Redis, ms; then it counts as missing. */
  replyMs?: number | undefined;
}

const REPLY_MS = 1000;

/**
 * What the collector stores in Redis, over one connection that is always re-established; while there is none, even at
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
  // Throws for an invalid prefix, before anything is opened.
  const consentKeys = createConsentKeys({ ...consents, templateId: ANY_TEMPLATE });
  const open = () =>
    connectRedis({
      url,
      shownUrl,
      tls,
      replyMs,
      log: options.log,
      reconnectMs: Number.POSITIVE_INFINITY,
      aclPatternOf: (key) => keys.aclPatternOf(key) ?? consentKeys.aclPatternOf(key),
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
