import type { TemplateCache } from "../broadcast/channel.ts";
import type { LedgerOptions } from "../broadcast/deps.ts";
import type { SendHistory } from "../broadcast/history.ts";
import type { LookAtMemory } from "../broadcast/memory.ts";
import type { Ledger } from "../broadcast/ports.ts";
import type { ReceiptBook, Receipts } from "../broadcast/receipts.ts";
import type { BroadcastStore } from "../broadcast/record.ts";
import type { SuppressionList } from "../broadcast/suppression.ts";
import type { Clock } from "../clock.ts";
import type { ConsentStore } from "../pool/consents/ports.ts";
import type { PoolStore } from "../pool/ports.ts";
import type { LockStore, TokenStore } from "../token/ports.ts";
import { createBroadcastStore } from "./broadcast-store.ts";
import { type ConnectOptions, connectRedis, type RedisTls, userOf } from "./connect.ts";
import {
  ANY_TEMPLATE,
  type ConsentPrefixes,
  createConsentKeys,
  createConsentPoolKeys,
} from "./consent-keys.ts";
import { type ConsentStoreOptions, createConsentStore } from "./consent-store.ts";
import { isOpenId, type Keys } from "./keys.ts";
import { createLedger } from "./ledger-store.ts";
import type { RedisLink } from "./link.ts";
import { createLockStore } from "./lock-store.ts";
import { createMemoryGauge } from "./memory.ts";
import { consentRules, NO_POOL_RULES } from "./permission-rules.ts";
import { createPoolKeys, type PoolKeyOptions } from "./pool-keys.ts";
import { createPoolStore } from "./pool-store.ts";
import { createReceipts } from "./receipts.ts";
import type { Patience } from "./retry-refused.ts";
import { sweepOpenIds } from "./scan.ts";
import { openTokens, type TokenPlace, tokenPatternOf } from "./sdk-tokens/open.ts";
import { createSendHistory } from "./send-history.ts";
import { createServerProbe } from "./server-probe.ts";
import { createSuppressionList } from "./suppression-store.ts";
import { createTemplateCache } from "./template-cache.ts";

export interface OpenStores {
  stores: {
    pools: PoolStore;
    broadcasts: BroadcastStore;
    locks: LockStore;
    ledger(options: LedgerOptions): Ledger;
    /** Pages of openIds that have a ledger. */
    sweepLedgers(): AsyncIterable<string[]>;
    history: SendHistory;
    lookAtMemory: LookAtMemory;
    /** For all channels. */
    suppression: SuppressionList;
    /** See `Stores` in `commands/deps.ts`. */
    fastFailWhile(isAtWork: () => boolean): void;
    /** What messages without codes are claimed from, and where their sends are recorded. */
    sends(needs: SendNeeds): SendStores;
    /** The consents of one template or of all, for channels that use them. */
    consents(options: ConsentStoreOptions): {
      pools: ConsentStore;
      history: SendHistory;
      receipts: ReceiptBook;
      toOpenId(text: string): string | undefined;
    };
    isOpenId(text: string): boolean;
    toOpenId(text: string): string | undefined;
  };
  tokens: { store: TokenStore; locks: LockStore };
  templates: TemplateCache;
  /** For inspecting the servers themselves; `rights`: those needed for these keys. */
  probe(rights?: Keys): ReturnType<typeof createServerProbe>;
  /** Releases the locks that are held, for a process that is told to end. */
  releaseLocks(): Promise<unknown>;
  close(): void;
}

export interface SendNeeds extends ConsentPrefixes {
  /** Absent: there is no pool, and only the ledgers tell who had a message. */
  templateId?: string | undefined;
  /** Maximum age of a consent; absent: any age. */
  maxAgeMs?: number | undefined;
}

export interface SendStores {
  pools: PoolStore;
  ledger(options: LedgerOptions): Ledger;
  sweepLedgers(): AsyncIterable<string[]>;
  history: SendHistory;
  receipts: Receipts;
}

interface ConnectNeeds
  extends Pick<
    ConnectOptions,
    "shownUrl" | "reconnectMs" | "replyMs" | "anyVersion" | "log" | "redisTimeoutMs"
  > {
  redisUrl: string;
  redisTls?: RedisTls;
  /** Called with what is being waited for; absent: nothing is waited for. */
  onWait?: Patience["onWait"] | undefined;
}

/** Everything stored in Redis; the connections are shared. Rejects with a PushCliError when no connection is possible. */
export async function openStores(
  options: PoolKeyOptions & ConnectNeeds & TokenPlace & { clock: Clock },
): Promise<OpenStores> {
  const keys = createPoolKeys(options);
  const { redisUrl: url, redisTls: tls, onWait } = options;
  const patternOfToken = tokenPatternOf(options);
  let isAtWork = () => false;
  const link = await connectRedis({
    ...options,
    url,
    tls,
    aclPatternOf: (key) => patternOfToken(key) ?? keys.aclPatternOf(key),
    patience: onWait && { isOn: () => !isAtWork(), onWait },
    probe: [keys.broadcast("a"), keys.broadcast("b")],
  });
  const locks = createLockStore(link, keys);
  const tokens = openTokens(link, keys, locks, options);
  return {
    stores: {
      pools: createPoolStore(link, keys),
      broadcasts: createBroadcastStore(link, keys),
      locks,
      ledger: (ledger) => createLedger(link, keys, ledger),
      sweepLedgers: () => sweepOpenIds(link, keys.anyLedger, "hash", keys.openIdOfLedger),
      history: createSendHistory(link, keys),
      lookAtMemory: createMemoryGauge(link),
      suppression: createSuppressionList(link, keys),
      fastFailWhile: (holds) => {
        isAtWork = holds;
      },
      sends: (needs) => openSends(link, needs),
      consents: (consents) => ({
        pools: createConsentStore(link, consents),
        history: createSendHistory(
          link,
          createConsentKeys({ ...consents, templateId: consents.templateId ?? ANY_TEMPLATE }),
        ),
        receipts: createReceipts(link, consents),
        toOpenId: createConsentPoolKeys(consents).toOpenId,
      }),
      isOpenId,
      toOpenId: keys.toOpenId,
    },
    tokens,
    templates: createTemplateCache(link, keys),
    probe: (rights = keys) =>
      createServerProbe(link, rights, { ...options, url, user: userOf({ ...options, url }) }),
    releaseLocks: () => Promise.all([locks.releaseAll(), tokens.locks.releaseAll()]),
    close: link.close,
  };
}

function openSends(link: RedisLink, needs: SendNeeds): SendStores {
  const { templateId, maxAgeMs } = needs;
  const keys = createConsentKeys({ ...needs, templateId: templateId ?? ANY_TEMPLATE });
  const rules = templateId === undefined ? NO_POOL_RULES : consentRules(maxAgeMs);
  return {
    pools: createPoolStore(link, keys),
    ledger: (options) => createLedger(link, keys, options, rules),
    sweepLedgers: () => sweepOpenIds(link, keys.anyLedger, "hash", keys.openIdOfLedger),
    history: createSendHistory(link, keys),
    receipts: createReceipts(link, needs),
  };
}
