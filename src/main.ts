import { version } from "../package.json";
import type { StopSignal } from "./broadcast/stop.ts";
import { type Clock, systemClock } from "./clock.ts";
import { checkOptionValues } from "./commands/check-values.ts";
import type { Deps, RunAction, Stores } from "./commands/deps.ts";
import { explainParseError } from "./commands/parse-error.ts";
import { buildProgram, type GlobalOptions } from "./commands/program.ts";
import { requireCredentials } from "./config/credentials.ts";
import { redactUrl, redactUrls } from "./config/redact-url.ts";
import { loadSettings, type Settings } from "./config/settings.ts";
import { messageOf, PushCliError } from "./errors.ts";
import { type ExitName, exitCode } from "./exit-codes.ts";
import type { Io } from "./output/io.ts";
import { relayLibraryWarnings } from "./output/library-warnings.ts";
import { createOutput, type Output } from "./output/output.ts";
import { rewordClientWarning } from "./redis/client-warnings.ts";

/**
 * Runs one command line to its end and returns the exit code. Nothing is connected or loaded before a command asks for
 * it; whatever was opened is closed, and everything printed is written, when the promise resolves. Never rejects.
 */
export async function main(argv: string[], io: Io): Promise<number> {
  // Before the command line is understood, how to report that it can't be is read off it directly.
  let out = createOutput(
    io,
    { json: argv.includes("--json"), quiet: false, color: !argv.includes("--no-color") },
    systemClock,
  );
  const debug = argv.includes("--debug");
  let exit: ExitName = "done";
  const reword = (text: string) => redactUrls(rewordClientWarning(text));
  const undo = relayLibraryWarnings(io, () => out, reword);
  const run: RunAction =
    (action) =>
    async (...args) => {
      const command = args.at(-1) as { optsWithGlobals(): GlobalOptions };
      const globals = command.optsWithGlobals();
      out = createOutput(
        io,
        {
          json: globals.json === true,
          quiet: globals.quiet === true,
          color: globals.color,
          noInput: !globals.input,
        },
        systemClock,
      );
      const { deps, close } = createDeps(io, out, globals);
      try {
        // Commander passes the arguments, then the options, then the command.
        exit = await action(deps, globals as never, ...(args.slice(0, -2) as never));
      } finally {
        await close();
      }
    };
  try {
    await parseWith(run, argv, io, out);
  } catch (error) {
    exit = report(error, out, debug);
  }
  exit = await flush(out, exit, debug);
  undo();
  return exitCode(exit);
}

async function parseWith(run: RunAction, argv: string[], io: Io, out: Output): Promise<void> {
  const program = buildProgram(version, run);
  const width = () => io.stdout.columns || 100;
  for (const command of [program, ...descendants(program)]) {
    command.exitOverride((error) => {
      if (error.exitCode === 0 || error.code === "commander.help") throw new HelpShown();
      throw explainParseError(error, command);
    });
    command.configureOutput({
      writeOut: (text) => out.data(text.trimEnd()),
      // Commander's idea of where the help of a noun without a verb goes.
      writeErr: (text) => out.data(text.trimEnd()),
      outputError: () => undefined,
      getOutHelpWidth: width,
      getErrHelpWidth: width,
    });
  }
  checkOptionValues(program, argv);
  await program.parseAsync(argv, { from: "user" });
}

function descendants(program: ReturnType<typeof buildProgram>): ReturnType<typeof buildProgram>[] {
  return program.commands.flatMap((command) => [
    command as typeof program,
    ...descendants(command as typeof program),
  ]);
}

/** Tells the user about an error; returns the name of its exit code. */
function report(error: unknown, out: Output, debug: boolean): ExitName {
  if (error instanceof HelpShown) return "done";
  const shown = toPushCliError(error);
  const { kind, message, hint, details } = shown;
  out.error({ code: kind, message, hint, details });
  if (debug && error instanceof Error) out.warn(error.stack ?? "");
  return shown.kind;
}

/** How commander ends after help and after the version, which were printed by then. */
class HelpShown extends Error {}

function toPushCliError(error: unknown): PushCliError {
  if (error instanceof PushCliError) return error;
  return new PushCliError("unexpected", `unexpected error: ${messageOf(error)}`, {
    hint: "this is a defect of push-cli; run again with --debug and report it",
  });
}

async function flush(out: Output, exit: ExitName, debug: boolean): Promise<ExitName> {
  try {
    await out.flush();
    return exit;
  } catch (error) {
    const failed = report(error, out, debug);
    return exit === "done" ? failed : exit;
  }
}

/** Builds the dependencies of a command, each at its first use. */
function createDeps(io: Io, out: Output, globals: GlobalOptions): { deps: Deps; close(): Promise<void> } {
  const clock = systemClock;
  const closers: (() => unknown)[] = [];
  const settings = once(async () => {
    const loaded = await loadSettings(globals, io);
    for (const warning of loaded.warnings) out.warn(`warning: ${warning}`);
    return loaded;
  });
  const opened = once(async () => {
    const { stores, tokens, close } = await openStores(await settings(), clock);
    closers.push(close);
    return { stores, tokens };
  });
  const deps: Deps = {
    io,
    out,
    clock,
    settings,
    stores: async () => (await opened()).stores,
    storesOf: async (other) => openStores(await loadSettings({}, other), clock),
    codeSource: async (needs) => {
      const { openCodeSource } = await import("./redis/code-source.ts");
      const { redisUrl, redisTls } = await settings();
      const url = needs.redisUrl ?? redisUrl;
      // Another server has another name; the CA and the client's certificate may serve for both.
      const { servername: _, ...common } = redisTls ?? {};
      const tls = needs.redisUrl === undefined ? redisTls : common;
      const source = await openCodeSource({ ...needs, url, tls, shownUrl: redactUrl(url) });
      closers.push(source.close);
      return source;
    },
    claimScript: async () => (await import("./redis/backend-script.ts")).claimScript(),
    tokens: once(async () => createTokens(await settings(), await opened(), clock)),
    sender: async (message, concurrency, timeoutMs) => {
      const { createSender } = await import("./wechat/sender.ts");
      const sender = await createSender({
        apiBase: (await settings()).apiBase,
        concurrency,
        timeoutMs,
        message,
      });
      closers.push(() => sender.close());
      return sender;
    },
    doubtTemplateId: async (apiBase, id) =>
      (await import("./wechat/template-id.ts")).doubtTemplateId(apiBase, id),
    meaningOf: async (errcode) => (await import("./wechat/errcodes.ts")).meaningOf(errcode),
    sandbox: {
      start: async (options) => (await import("./sandbox/sandbox.ts")).startSandbox(options),
      parseFault: async (text) => (await import("./sandbox/sandbox.ts")).parseFault(text),
      startRedis: async () => (await import("./sandbox/private-redis.ts")).startPrivateRedis(),
      startCli: async (argv, { env, cwd }) =>
        (await import("./sandbox/child-cli.ts")).startChildCli(io.program, argv, { env, cwd }),
    },
    runCli: main,
    onInterrupt: (listener) => listenForStop(io, out, listener),
  };
  const close = async () => {
    for (const closer of closers.reverse()) await closer();
  };
  return { deps, close };
}

type TokenStores = Pick<
  Parameters<typeof import("./token/provider.ts").createTokenProvider>[0],
  "store" | "locks"
>;

async function openStores(
  settings: Settings,
  clock: Clock,
): Promise<{ stores: Stores; tokens: TokenStores; close(): void }> {
  const redis = await import("./redis/stores.ts");
  return redis.openStores({ ...settings, shownUrl: redactUrl(settings.redisUrl), clock });
}

async function createTokens(settings: Settings, { tokens }: { tokens: TokenStores }, clock: Clock) {
  const { createTokenProvider } = await import("./token/provider.ts");
  const { createTokenApi, tokenModeAt } = await import("./wechat/token-api.ts");
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
      }).fetchToken(mode, force);
    },
  };
  return createTokenProvider({
    ...tokens,
    appid: settings.appid ?? "",
    mode: settings.tokenMode,
    api,
    clock,
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
