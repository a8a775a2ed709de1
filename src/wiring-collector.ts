import { randomBytes } from "node:crypto";
import type { PermissionKind } from "./broadcast/channel.ts";
import type { Clock } from "./clock.ts";
import type { CallbackReader, CollectorBooks, CollectorPlatform, Forward } from "./collector/ports.ts";
import type { CollectorNeeds, CollectorProbe, Deps, RunningCollector } from "./commands/deps.ts";
import { requireAppid, requireCredentials } from "./config/credentials.ts";
import { redactUrl } from "./config/redact-url.ts";
import type { Settings } from "./config/settings.ts";
import { loadSigningKeys } from "./config/signing.ts";
import { PushCliError } from "./errors.ts";
import type { Logger } from "./log.ts";
import type { Io } from "./output/io.ts";
import type { Network } from "./platforms/http/network.ts";
import { askOnce } from "./wiring-ask.ts";
import { loadChannel } from "./wiring-channel.ts";

/** Where the collector's parts come from. */
export interface CollectorParts {
  settings: Settings;
  network: Network;
  io: Pick<Io, "env">;
  clock: Clock;
  log?: Logger | undefined;
  /** Takes what has to be closed in the end. */
  onClose(close: () => unknown): void;
}

/** Of the requests that are forwarded; the platform waits for 5 s in all. */
const FORWARD_MS = 4000;
/** Of a running collector that is looked at. */
const PROBE_MS = 10_000;
const SOCKET_MODE = 0o660;
/** The platform takes a code for so long after the tap (vendor's page "template message"). */
const CODE_LIFE_MS = 7 * 86_400_000;

type Secrets = Parameters<Deps["collector"]>[1];

export async function openCollector(
  parts: CollectorParts,
  needs: CollectorNeeds,
  secrets: Secrets,
  log: (record: Record<string, unknown>) => void,
): Promise<RunningCollector> {
  const { settings, clock } = parts;
  const { startCollector } = await import("./collector/server.ts");
  const books = await openBooks(parts, needs);
  const platform = await openPlatform(parts);
  const canLogin =
    settings.appid !== undefined && settings[settings.credential] !== undefined && platform !== undefined;
  const running = await startCollector({
    listen: "host" in needs.listen ? needs.listen : { ...needs.listen, mode: SOCKET_MODE },
    books,
    platform: canLogin ? platform : undefined,
    callback: callbackOf(parts, platform, needs, secrets),
    forward: needs.forward === undefined ? undefined : await openForwarding(parts, needs.forward),
    session: sessionOf(needs, secrets),
    trustHeader: needs.trustHeader,
    consents: needs.consents,
    limits: { requestsPerMinute: needs.requestsPerMinute },
    clock,
    log,
    shortIds: !needs.fullOpenIds,
  });
  return { ...running, hasLogin: canLogin, ping: () => books.ping() };
}

/** Where a gateway names the users, a session would be somebody else's word. */
function sessionOf({ trustHeader, sessionLifeMs }: CollectorNeeds, { collectorSecret }: Secrets) {
  if (trustHeader !== undefined || collectorSecret === undefined) return undefined;
  return { secret: Buffer.from(collectorSecret), lifeMs: sessionLifeMs };
}

/** Undefined where nobody has written the platform's side of a collector. */
async function openPlatform({ settings, network, clock, onClose }: CollectorParts) {
  const { COLLECTORS } = await import("./platforms/collectors.ts");
  const { platform } = (await loadChannel(settings.channel)).facts;
  const load = Object.hasOwn(COLLECTORS, platform) ? COLLECTORS[platform] : undefined;
  const opened =
    load &&
    (await load()).open({
      apiBase: settings.apiBase,
      network,
      credentials: () => requireCredentials(settings),
      signing: () => loadSigningKeys(settings),
      clock,
    });
  if (opened) onClose(() => opened.close());
  return opened;
}

function callbackOf(
  { settings, clock }: CollectorParts,
  platform: CollectorPlatform | undefined,
  { cloudHosting }: CollectorNeeds,
  { callbackToken, callbackAesKey: aesKey, callbackAesKeyPrevious: previousAesKey }: Secrets,
): CallbackReader | undefined {
  if (callbackToken === undefined && !cloudHosting) return undefined;
  if (platform?.callback === undefined) {
    throw new PushCliError(
      "config",
      `the platform of ${settings.channel} pushes no events that could be taken`,
      {
        hint: "leave the callback's settings out, or choose another channel",
      },
    );
  }
  // In cloud hosting nothing is signed: with a token that nobody knows, nothing that claims to be passes.
  const token = callbackToken ?? randomBytes(16).toString("hex");
  const appid = requireAppid(settings);
  const secrets = { token, aesKey, previousAesKey };
  return platform.callback({ secrets, appid, cloudHosting, nowMs: () => clock.now() });
}

async function openForwarding({ settings, onClose }: CollectorParts, url: string): Promise<Forward> {
  const { openForward } = await import("./platforms/http/forward.ts");
  const { forward, close } = openForward({
    url,
    deadlineMs: FORWARD_MS,
    network: { extraCas: settings.apiCas },
  });
  onClose(close);
  return forward;
}

async function openBooks(
  { settings, log, onClose }: CollectorParts,
  { codesPerUser, standing }: Pick<CollectorNeeds, "codesPerUser" | "standing">,
): Promise<CollectorBooks> {
  const { openCollectorBooks } = await import("./redis/collector-books.ts");
  const { redisUrl, redisTls, poolKeys, consentCap, consentMaxAgeMs: maxAgeMs } = settings;
  const books = await openCollectorBooks({
    ...(await keysOf(settings)),
    redisUrl,
    redisTls,
    poolKeys,
    shownUrl: redactUrl(redisUrl),
    lifeMs: CODE_LIFE_MS,
    cap: codesPerUser,
    consentCap,
    maxAgeMs,
    standing: new Set(standing),
    log,
  });
  onClose(books.close);
  return books;
}

/**
 * Codes and consents have keys of their own, and the settings say where those of one channel are; the others of its platform
 * are where they are unless said otherwise. What has no pools has receipts, where consents would be.
 */
async function keysOf(settings: Settings) {
  const { facts } = await loadChannel(settings.channel);
  const { keyPrefix, poolPrefix, poolSuffix } = settings;
  const { CHANNELS } = await import("./platforms/channels.ts");
  const all = await Promise.all(Object.values(CHANNELS).map(async (load) => (await load()).facts));
  const ofKind = (kind: PermissionKind) =>
    all.find(({ platform, permission }) => platform === facts.platform && permission === kind);
  const prefixOf = (kind: PermissionKind, otherwise: string) =>
    `${keyPrefix}${ofKind(kind)?.poolPrefix ?? otherwise}`;
  const codeUses = ofKind("code")?.codeUses;
  if (facts.permission === "code")
    return { keyPrefix, poolPrefix, poolSuffix, codeUses, consentPrefix: prefixOf("consent", "consent:") };
  return {
    keyPrefix,
    poolPrefix: prefixOf("code", "openid:"),
    poolSuffix: "",
    codeUses,
    consentPrefix: poolPrefix,
  };
}

/** Rejects with a `redis` error when Redis does not answer. */
export async function pingBooks(parts: CollectorParts): Promise<void> {
  await (await openBooks(parts, { codesPerUser: 1, standing: [] })).ping();
}

/** A session token as a collector with this secret takes it, for a minute. */
export async function signToken({ clock }: CollectorParts, secret: string, openId: string): Promise<string> {
  const { openSessions } = await import("./collector/session.ts");
  return (await openSessions({ secret: Buffer.from(secret), lifeMs: 60_000 }, clock)).sign(openId);
}

/** Asks a running collector. */
export async function askCollector(
  parts: CollectorParts,
  url: string,
  { body, token }: NonNullable<Parameters<CollectorProbe["ask"]>[1]> = {},
): ReturnType<CollectorProbe["ask"]> {
  const method = body === undefined ? "GET" : "POST";
  const headers = token === undefined ? [] : ["authorization", `Bearer ${token}`];
  const reply = await askOnce(parts, new URL(url), { method, body, headers }, { timeoutMs: PROBE_MS });
  return reply.kind === "failure" ? { problem: reply.reason } : { status: reply.status, text: reply.text };
}
