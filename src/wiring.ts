import type { TemplateCache } from "./broadcast/channel.ts";
import type { StopSignal } from "./broadcast/stop.ts";
import { type Clock, systemClock } from "./clock.ts";
import { consentNeeds, sendNeeds } from "./commands/consent-needs.ts";
import type { Deps, SendStores, Stores } from "./commands/deps.ts";
import type { GlobalOptions } from "./commands/program.ts";
import { chooseProxy } from "./config/proxy.ts";
import { redactUrl } from "./config/redact-url.ts";
import { loadSettings, type Settings } from "./config/settings.ts";
import { type ExitName, exitCode } from "./exit-codes.ts";
import type { Logger } from "./log.ts";
import type { AuditTrail } from "./output/audit-log.ts";
import type { Io } from "./output/io.ts";
import type { Log } from "./output/log.ts";
import type { Output } from "./output/output.ts";
import { createTokens, defaultsOf, loadChannel, openChannel, type TokenStores } from "./wiring-channel.ts";
import type { CollectorParts } from "./wiring-collector.ts";
import { noteSettings, SIGNAL_NAMES } from "./wiring-log.ts";
import { openSource } from "./wiring-source.ts";

export interface Wiring {
  io: Io;
  out: Output;
  globals: GlobalOptions;
  version: string;
  /** Runs another command line, for the demo. */
  runCli: Deps["runCli"];
  log?: Log | undefined;
  /** Of a command that the audit log tells of. */
  audit?: AuditTrail | undefined;
  /** To be called before the process ends at once. */
  endNow?(exit: ExitName): unknown;
}

/** Builds the dependencies of a command, each at its first use; `close` closes what was opened. */
export function createDeps({ io, out, globals, version, runCli, log, audit, endNow }: Wiring): {
  deps: Deps;
  close(): Promise<void>;
} {
  const clock = systemClock;
  const closers: (() => unknown)[] = [];
  const loadedOnce = once(() => loadSettings(globals, io, defaultsOf));
  const settings = once(async () => {
    const loaded = await loadedOnce();
    for (const warning of loaded.warnings) out.warn(`warning: ${warning}`);
    noteSettings(loaded, { log, audit });
    return loaded;
  });
  const opened = once(async () => {
    const open = await openStores(await settings(), { clock, log, onWait: sayWait(out) });
    const { releaseLocks } = open;
    // A command that was told to end may leave a refresh of the token behind, and with it the lock.
    const release = () => Promise.race([releaseLocks(), clock.sleep(RELEASE_MS)]);
    closers.push(open.close, release, io.beforeEnd(releaseLocks));
    return open;
  });
  const partsBy = partsOf({ io, version, clock, log, onClose: (closer) => closers.push(closer) });
  const channel = async (name?: string) => {
    const loaded = await settings();
    return openChannel(name ?? loaded.channel, loaded, {
      network: partsBy(loaded).network,
      clock,
      tokens: () => deps.tokens(),
      templateCache: () => deps.templateCache(),
    });
  };
  const deps: Deps = {
    ...{ io, out, clock, version },
    settings,
    stores: sendStoresOf(settings, opened),
    consents: async (templateId) => {
      const loaded = await settings();
      const needs = consentNeeds(loaded, (await loadChannel(loaded.channel)).facts, templateId);
      return needs && (await opened()).stores.consents(needs);
    },
    storesOf: async (other) => openStores(await loadSettings({}, other, defaultsOf), { clock }),
    codeSource: async (needs) => {
      const source = await openSource(await settings(), needs, { log, onWait: sayWait(out) });
      closers.push(source.close);
      return source;
    },
    claimScript: async () => (await import("./redis/backend-script.ts")).claimScript(),
    tokens: once(async () =>
      createTokens(await settings(), await channel(), { ...(await opened()), out, clock, log }),
    ),
    sender: async (message, options) => {
      const sender = await (await channel()).sender(message, options);
      closers.push(() => sender.close());
      return sender;
    },
    channel,
    templateCache: async () => (await opened()).templates,
    channels: async () => {
      const { CHANNELS } = await import("./platforms/channels.ts");
      return Promise.all(Object.values(CHANNELS).map(async (load) => (await load()).facts));
    },
    ...collectorDeps(settings, partsBy),
    doctor: async () => (await import("./wiring-doctor.ts")).openDoctor(loadedOnce, partsBy),
    sandbox: sandboxTools(io),
    runCli,
    log,
    note: (note) => audit?.note(note),
    onInterrupt: (listener) => listenForStop(io, out, listener, endNow),
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

/** What the collector and the doctor are made of. */
function partsOf({
  version,
  ...rest
}: Pick<Wiring, "io" | "version"> & Omit<CollectorParts, "settings" | "network">) {
  return (settings: Settings): CollectorParts => ({
    ...rest,
    settings,
    // Not before it is needed: a proxy that can't be used matters to those alone who go that way.
    get network() {
      const { apiBase, proxy, apiCas: extraCas } = settings;
      const { log } = rest;
      return {
        proxy: chooseProxy(apiBase, proxy, rest.io.env),
        extraCas,
        userAgent: `push-cli/${version}`,
        log,
      };
    },
  });
}

/** The collector, and other servers that are not the platform's, loaded when they are asked for. */
function collectorDeps(
  settings: () => Promise<Settings>,
  partsBy: (settings: Settings) => CollectorParts,
): Pick<Deps, "collector" | "collectorProbe" | "askHook"> {
  const load = () => import("./wiring-collector.ts");
  return {
    askHook: async (...asked) =>
      (await import("./wiring-ask.ts")).askHook(partsBy(await settings()), ...asked),
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
    startRedis: async () => (await import("./local-redis/private-redis.ts")).startPrivateRedis(),
    startCli: async (argv, { env, cwd }) =>
      (await import("./sandbox/child-cli.ts")).startChildCli(io.program, argv, { env, cwd }),
  };
}

/** How long the end of a command waits for Redis to take locks back. */
const RELEASE_MS = 1000;

async function openStores(
  settings: Settings,
  own: { clock: Clock; log?: Logger | undefined; onWait?: ReturnType<typeof sayWait> },
): Promise<{
  stores: Stores;
  tokens: TokenStores;
  templates: TemplateCache;
  releaseLocks(): Promise<unknown>;
  close(): void;
}> {
  const redis = await import("./redis/stores.ts");
  return redis.openStores({ ...settings, shownUrl: redactUrl(settings.redisUrl), ...own });
}

/** The first signal asks for a clean stop, the second ends the process: the ledger covers the rest. */
function listenForStop(
  io: Io,
  out: Output,
  listener: (signal: StopSignal) => void,
  endNow?: Wiring["endNow"],
): () => void {
  let asked = false;
  return io.onSignal((signal) => {
    const name = SIGNAL_NAMES[signal];
    if (asked) {
      out.talk("ended at once");
      endNow?.(name);
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
