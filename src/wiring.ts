import type { StopSignal } from "./broadcast/stop.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { ConsentNeeds, Deps, Stores } from "./commands/deps.ts";
import type { GlobalOptions } from "./commands/program.ts";
import { requireCredentials } from "./config/credentials.ts";
import { chooseProxy } from "./config/proxy.ts";
import { redactUrl } from "./config/redact-url.ts";
import { loadSettings, type Settings } from "./config/settings.ts";
import { PushCliError, usageError } from "./errors.ts";
import { exitCode } from "./exit-codes.ts";
import type { Io } from "./output/io.ts";
import type { Output } from "./output/output.ts";
import type { Network } from "./platforms/http/network.ts";

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
    const loaded = await loadSettings(globals, io);
    for (const warning of loaded.warnings) out.warn(`warning: ${warning}`);
    return loaded;
  });
  const opened = once(async () => {
    const { stores, tokens, releaseLocks, close } = await openStores(await settings(), clock, sayWait(out));
    // A command that was told to end may leave a refresh of the token behind, and with it the lock.
    const release = () => Promise.race([releaseLocks(), clock.sleep(RELEASE_MS)]);
    closers.push(close, release, io.beforeEnd(releaseLocks));
    return { stores, tokens };
  });
  const deps: Deps = {
    io,
    out,
    clock,
    settings,
    stores: async () => (await opened()).stores,
    consents: async (templateId) => {
      const needs = consentNeeds(await settings(), templateId);
      return needs && (await opened()).stores.consents(needs);
    },
    storesOf: async (other) => openStores(await loadSettings({}, other), clock),
    codeSource: async (needs) => {
      const { openCodeSource } = await import("./redis/code-source.ts");
      const { redisUrl, redisTls } = await settings();
      const url = needs.redisUrl ?? redisUrl;
      // Another server has another name; the CA and the client's certificate may serve for both.
      const { servername: _, ...common } = redisTls ?? {};
      const tls = needs.redisUrl === undefined ? redisTls : common;
      const patience = { isOn: () => true, onWait: sayWait(out) };
      const source = await openCodeSource({ ...needs, url, tls, shownUrl: redactUrl(url), patience });
      closers.push(source.close);
      return source;
    },
    claimScript: async () => (await import("./redis/backend-script.ts")).claimScript(),
    tokens: once(async () => createTokens(await settings(), await opened(), { io, out, version }, clock)),
    sender: async (message, concurrency, timeoutMs) => {
      const { createSender } = await import("./platforms/wechat/sender.ts");
      const loaded = await settings();
      const { apiBase } = loaded;
      const network = networkOf(loaded, { io, version });
      const sender = await createSender({ apiBase, concurrency, timeoutMs, message, network });
      closers.push(() => sender.close());
      return sender;
    },
    doubtTemplateId: async (apiBase, id) =>
      (await import("./platforms/wechat/ids.ts")).doubtTemplateId(apiBase, id),
    openIdShapeAt: async (apiBase) => (await import("./platforms/wechat/ids.ts")).openIdShapeAt(apiBase),
    meaningOf: async (errcode) => (await import("./platforms/wechat/errcodes.ts")).meaningOf(errcode),
    sandbox: {
      start: async (options) => (await import("./sandbox/sandbox.ts")).startSandbox(options),
      parseFault: async (text) => (await import("./sandbox/sandbox.ts")).parseFault(text),
      parseOutage: async (text) => (await import("./sandbox/sandbox.ts")).parseOutage(text),
      startRedis: async () => (await import("./sandbox/private-redis.ts")).startPrivateRedis(),
      startCli: async (argv, { env, cwd }) =>
        (await import("./sandbox/child-cli.ts")).startChildCli(io.program, argv, { env, cwd }),
    },
    runCli,
    onInterrupt: (listener) => listenForStop(io, out, listener),
  };
  const close = async () => {
    for (const closer of closers.reverse()) await closer();
  };
  return { deps, close };
}

/** Says that a Redis which is busy or loading is waited for. */
function sayWait(out: Output) {
  return (what: string, limitMs: number) => out.talk(`waiting up to ${limitMs / 1000} s: ${what}`);
}

/** Undefined for a channel whose messages spend no consents. */
function consentNeeds(settings: Settings, templateId: string | undefined): ConsentNeeds | undefined {
  const { channel, keyPrefix, poolPrefix, poolSuffix, sources } = settings;
  if (channel !== "wechat-subscribe") {
    if (templateId === undefined) return undefined;
    throw usageError(
      `--template: codes of ${channel} belong to no template`,
      "consents do: --channel wechat-subscribe",
    );
  }
  if (poolSuffix !== "") {
    throw new PushCliError("config", "a pool key says where codes lie, and consents have other keys", {
      hint: "--pool-prefix says what their keys begin with",
    });
  }
  return {
    keyPrefix,
    consentPrefix: sources.poolPrefix === "default" ? undefined : poolPrefix,
    templateId,
    maxAgeMs: settings.consentMaxAgeMs,
    cap: settings.consentCap,
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
): Promise<{ stores: Stores; tokens: TokenStores; releaseLocks(): Promise<unknown>; close(): void }> {
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
  { tokens }: { tokens: TokenStores },
  own: Pick<Wiring, "io" | "out" | "version">,
  clock: Clock,
) {
  const { createTokenProvider } = await import("./token/provider.ts");
  const { createTokenApi, tokenModeAt } = await import("./platforms/wechat/token-api.ts");
  const api: ReturnType<typeof createTokenApi> = {
    modeOf: (wanted) => tokenModeAt(settings.apiBase, wanted),
    // Only asking the platform needs the secret; looking at what is stored does not.
    fetchToken: (mode, force) => {
      const { apiBase } = settings;
      return createTokenApi({
        apiBase,
        ...requireCredentials(settings),
        timeoutMs: 10_000,
        clock,
        network: networkOf(settings, own),
      }).fetchToken(mode, force);
    },
  };
  return createTokenProvider({
    ...tokens,
    appid: settings.appid ?? "",
    mode: settings.tokenMode,
    api,
    clock,
    warn: (text) => own.out.warn(`warning: ${text}`),
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
