import type { OpenChannel, TemplateCache } from "./broadcast/channel.ts";
import type { StopSignal } from "./broadcast/stop.ts";
import { type Clock, systemClock } from "./clock.ts";
import { consentNeeds, sendNeeds } from "./commands/consent-needs.ts";
import type { Deps, SendStores, SourceNeeds, Stores } from "./commands/deps.ts";
import type { GlobalOptions } from "./commands/program.ts";
import { chooseProxy } from "./config/proxy.ts";
import { redactUrl } from "./config/redact-url.ts";
import { loadSettings, type Settings } from "./config/settings.ts";
import { exitCode } from "./exit-codes.ts";
import type { Io } from "./output/io.ts";
import type { Output } from "./output/output.ts";
import type { Network } from "./platforms/http/network.ts";
import { defaultsOf, loadChannel, openChannel } from "./wiring-channel.ts";
import type { CollectorParts } from "./wiring-collector.ts";

export interface Wiring {
  io: Io;
  out: Output;
  globals: GlobalOptions;
  version: string;
  /** Runs another command line, for the demo. */
  runCli: Deps["runCli"];
}

/** Builds the dependencies of a command, each at its first use; `close` closes what was opened. */
export function createDeps({ io, out, globals, version, runCli }: Wiring): {
  deps: Deps;
  close(): Promise<void>;
} {
  const clock = systemClock;
  const closers: (() => unknown)[] = [];
  const settings = once(async () => {
    const loaded = await loadSettings(globals, io, defaultsOf);
    for (const warning of loaded.warnings) out.warn(`warning: ${warning}`);
    return loaded;
  });
  const opened = once(async () => {
    const open = await openStores(await settings(), clock, sayWait(out));
    const { releaseLocks } = open;
    // A command that was told to end may leave a refresh of the token behind, and with it the lock.
    const release = () => Promise.race([releaseLocks(), clock.sleep(RELEASE_MS)]);
    closers.push(open.close, release, io.beforeEnd(releaseLocks));
    return open;
  });
  const channel = async (name?: string) => {
    const loaded = await settings();
    return openChannel(name ?? loaded.channel, loaded, {
      network: networkOf(loaded, { io, version }),
      clock,
      tokens: () => deps.tokens(),
      templateCache: () => deps.templateCache(),
    });
  };
  const deps: Deps = {
    io,
    out,
    clock,
    settings,
    stores: sendStoresOf(settings, opened),
    consents: async (templateId) => {
      const loaded = await settings();
      const needs = consentNeeds(loaded, (await loadChannel(loaded.channel)).facts, templateId);
      return needs && (await opened()).stores.consents(needs);
    },
    storesOf: async (other) => openStores(await loadSettings({}, other, defaultsOf), clock),
    codeSource: async (needs) => {
      const source = await openSource(needs, await settings(), out);
      closers.push(source.close);
      return source;
    },
    claimScript: async () => (await import("./redis/backend-script.ts")).claimScript(),
    tokens: once(async () => createTokens(await settings(), await channel(), await opened(), out, clock)),
    sender: async (message, concurrency, timeoutMs) => {
      const sender = await (await channel()).sender(message, { concurrency, timeoutMs });
      closers.push(() => sender.close());
      return sender;
    },
    channel,
    templateCache: async () => (await opened()).templates,
    channels: async () => {
      const { CHANNELS } = await import("./platforms/channels.ts");
      return Promise.all(Object.values(CHANNELS).map(async (load) => (await load()).facts));
    },
    ...collectorDeps(settings, (loaded) => {
      const network = networkOf(loaded, { io, version });
      return { settings: loaded, network, io, clock, onClose: (closer) => closers.push(closer) };
    }),
    sandbox: sandboxTools(io),
    runCli,
    onInterrupt: (listener) => listenForStop(io, out, listener),
  };
  const close = async () => {
    for (const closer of closers.reverse()) await closer();
  };
  return { deps, close };
}

/** The stores; for messages that spend no codes, with pools, ledgers and history of their own. */
function sendStoresOf(
  settings: () => Promise<Settings>,
  opened: () => Promise<{ stores: Stores }>,
): Deps["stores"] {
  // What sweeps pass over is counted in them.
  const known = new Map<string, SendStores>();
  return async (of) => {
    const { stores } = await opened();
    const loaded = await settings();
    if (of === undefined) return stores;
    const { facts } = await loadChannel(of.channel ?? loaded.channel);
    if (facts.permission === "code") return stores;
    const name = of.withoutPool ? "" : of.templateId;
    const own = known.get(name) ?? stores.sends(sendNeeds(loaded, facts, of));
    known.set(name, own);
    return { ...stores, ...own };
  };
}

async function openSource(needs: SourceNeeds, { redisUrl, redisTls, redisTimeoutMs }: Settings, out: Output) {
  const { openCodeSource } = await import("./redis/code-source.ts");
  const url = needs.redisUrl ?? redisUrl;
  // Another server has another name; the CA and the client's certificate may serve for both.
  const { servername: _, ...common } = redisTls ?? {};
  const tls = needs.redisUrl === undefined ? redisTls : common;
  const patience = { isOn: () => true, onWait: sayWait(out) };
  return openCodeSource({ ...needs, url, tls, redisTimeoutMs, shownUrl: redactUrl(url), patience });
}

/** The collector, loaded when it is asked for. */
function collectorDeps(
  settings: () => Promise<Settings>,
  partsBy: (settings: Settings) => CollectorParts,
): Pick<Deps, "collector" | "collectorProbe"> {
  const load = () => import("./wiring-collector.ts");
  return {
    collector: async (...asked) => (await load()).openCollector(partsBy(await settings()), ...asked),
    collectorProbe: (by) => {
      const parts = async () => partsBy(by ? await loadSettings({}, by, defaultsOf) : await settings());
      return {
        ping: async () => (await load()).pingBooks(await parts()),
        signToken: async (...asked) => (await load()).signToken(await parts(), ...asked),
        ask: async (...asked) => (await load()).askCollector(await parts(), ...asked),
      };
    },
  };
}

/** Says that a Redis which is busy or loading is waited for. */
function sayWait(out: Output) {
  return (what: string, limitMs: number) => out.talk(`waiting up to ${limitMs / 1000} s: ${what}`);
}

/** The simulators and what the demo needs, loaded when they are asked for. */
function sandboxTools(io: Io): Deps["sandbox"] {
  return {
    start: async (options) => (await import("./sandbox/sandbox.ts")).startSandbox(options),
    parseFault: async (text) => (await import("./sandbox/sandbox.ts")).parseFault(text),
    parseOutage: async (text) => (await import("./sandbox/sandbox.ts")).parseOutage(text),
    startRedis: async () => (await import("./sandbox/private-redis.ts")).startPrivateRedis(),
    startCli: async (argv, { env, cwd }) =>
      (await import("./sandbox/child-cli.ts")).startChildCli(io.program, argv, { env, cwd }),
  };
}

/** How long the end of a command waits for Redis to take locks back. */
const RELEASE_MS = 1000;

type TokenStores = Pick<
  Parameters<typeof import("./token/provider.ts").createTokenProvider>[0],
  "store" | "locks"
>;

async function openStores(
  settings: Settings,
  clock: Clock,
  onWait?: ReturnType<typeof sayWait>,
): Promise<{
  stores: Stores;
  tokens: TokenStores;
  templates: TemplateCache;
  releaseLocks(): Promise<unknown>;
  close(): void;
}> {
  const redis = await import("./redis/stores.ts");
  return redis.openStores({ ...settings, shownUrl: redactUrl(settings.redisUrl), clock, onWait });
}

function networkOf(
  { apiBase, proxy, apiCas: extraCas }: Settings,
  { io, version }: Pick<Wiring, "io" | "version">,
): Network {
  return { proxy: chooseProxy(apiBase, proxy, io.env), extraCas, userAgent: `push-cli/${version}` };
}

async function createTokens(
  settings: Settings,
  channel: OpenChannel,
  { tokens }: { tokens: TokenStores },
  out: Output,
  clock: Clock,
) {
  const { createTokenProvider } = await import("./token/provider.ts");
  return createTokenProvider({
    ...tokens,
    appid: settings.appid ?? "",
    mode: settings.tokenMode,
    callMs: settings.apiTimeoutMs,
    api: channel.tokenApi(),
    clock,
    warn: (text) => out.warn(`warning: ${text}`),
  });
}

const SIGNAL_NAMES = { SIGINT: "sigint", SIGTERM: "sigterm", SIGHUP: "sighup" } as const;

/** The first signal asks for a clean stop, the second ends the process: the ledger covers the rest. */
function listenForStop(io: Io, out: Output, listener: (signal: StopSignal) => void): () => void {
  let asked = false;
  return io.onSignal((signal) => {
    const name = SIGNAL_NAMES[signal];
    if (asked) {
      out.talk("ended at once");
      io.exitNow(exitCode(name));
    }
    asked = true;
    listener(name);
  });
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
