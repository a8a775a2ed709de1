import type { OpenChannel } from "./broadcast/channel.ts";
import { consentNeeds } from "./commands/consent-needs.ts";
import type { Deps } from "./commands/deps.ts";
import { requireCredentials } from "./config/credentials.ts";
import { redactUrl } from "./config/redact-url.ts";
import type { Settings } from "./config/settings.ts";
import type { ApiProbe, RedisProbe } from "./doctor/ports.ts";
import { loadChannel, openChannel } from "./wiring-channel.ts";
import { askCollector, type CollectorParts, pingBooks, signToken } from "./wiring-collector.ts";

/** What `doctor` looks at: everything is opened for reading, and nothing waits longer than it is told to. */
export function openDoctor(
  settings: () => Promise<Settings>,
  partsBy: (settings: Settings) => CollectorParts,
): Awaited<ReturnType<Deps["doctor"]>> {
  const parts = async () => partsBy(await settings());
  return {
    settings,
    redis: async (timeoutMs) => openRedisProbe(await parts(), timeoutMs),
    api: async () => openApiProbe(await parts()),
    collectorProbe: {
      ping: async () => pingBooks(await parts()),
      signToken: async (...asked) => signToken(await parts(), ...asked),
      ask: async (...asked) => askCollector(await parts(), ...asked),
    },
  };
}

async function openRedisProbe(
  { settings, clock, onClose }: CollectorParts,
  timeoutMs: number,
): Promise<RedisProbe> {
  const { openStores } = await import("./redis/stores.ts");
  const shownUrl = redactUrl(settings.redisUrl);
  const needs = consentNeeds(settings, (await loadChannel(settings.channel)).facts, undefined);
  const opened = await openStores({ ...settings, shownUrl, clock, replyMs: timeoutMs, anyVersion: true });
  onClose(opened.close);
  const { stores, tokens } = opened;
  const appid = settings.appid ?? "";
  return {
    ...(await probeOf(opened, needs)),
    pools: stores.pools,
    consents: needs && stores.consents(needs).pools,
    tokenKey: tokens.store.keyOf(appid),
    storedToken: () => tokens.store.load(appid),
  };
}

/** Consents have keys of their own, which rights are needed to. */
async function probeOf(
  opened: Awaited<ReturnType<typeof import("./redis/stores.ts").openStores>>,
  needs: ReturnType<typeof consentNeeds>,
) {
  if (!needs) return opened.probe();
  const { ANY_TEMPLATE, createConsentKeys } = await import("./redis/consent-keys.ts");
  return opened.probe(createConsentKeys({ ...needs, templateId: ANY_TEMPLATE }));
}

async function openApiProbe({ settings, network, clock }: CollectorParts): Promise<ApiProbe> {
  const { apiBase, channel: name, tokenMode } = settings;
  const open = (token: string) => openChannel(name, settings, { network, clock, ...readOnly(token) });
  const channel: OpenChannel = await open("");
  const { checkToken } = channel;
  const tokenApi = channel.tokenApi?.();
  const { facts } = await loadChannel(name);
  const hostOf = (url: string) => new URL(url).hostname;
  return {
    facts,
    isOwnBase: hostOf(apiBase) === hostOf(facts.apiBase),
    connect: async (timeoutMs) => {
      const { checkConnection } = await import("./platforms/http/check-connection.ts");
      return checkConnection({ apiBase, network, timeoutMs });
    },
    tokenMode: tokenApi?.modeOf(tokenMode) ?? "basic",
    issueToken:
      tokenApi &&
      (async () => {
        requireCredentials(settings);
        return tokenApi.fetchToken("stable", false);
      }),
    checkToken: checkToken && ((token) => checkToken(token, PROBE_MS)),
    templates: channel.templates && (async (token) => (await open(token)).templates?.() ?? { templates: [] }),
  };
}

/** Longer than any deadline of a check: what is late is told by that. */
const PROBE_MS = 60_000;

/** A token that is only tried, and no place for what the platform tells. */
function readOnly(token: string): Pick<Parameters<typeof openChannel>[2], "tokens" | "templateCache"> {
  return {
    tokens: async () => ({
      current: async () => token,
      cached: () => token,
      renew: async (refused) => refused,
    }),
    templateCache: async () => ({ load: async () => undefined, save: async () => undefined }),
  };
}
