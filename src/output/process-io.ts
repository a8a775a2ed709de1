import { openSync } from "node:fs";
import { userInfo } from "node:os";
import { ReadStream } from "node:tty";
import { messageOf } from "../errors.ts";
import type { Io } from "./io.ts";
import { fateOf, freeFiles, ownFacts } from "./process-facts.ts";
import { catchSignals } from "./process-signals.ts";

/**
 * Stands for a working folder that was removed and has no other name: nothing is in it, and nothing can be created in
 * it.
 */
const REMOVED_FOLDER = "/proc/self/cwd";

/** The real process. Streams are getters because Node creates each on first use: `--version` never needs stdin. */
export function processIo(): Io {
  // A sink listens too, but help and usage errors may be printed before there is one, and an EPIPE without a listener
  // is an uncaught exception.
  process.stdout.on("error", () => {});
  process.stderr.on("error", () => {});
  // With this variable, ioredis prints every command to stderr, including AUTH with its password.
  delete process.env.DEBUG;
  const signals = catchSignals();
  return {
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return process.stdout;
    },
    get stderr() {
      return process.stderr;
    },
    env: process.env,
    cwd: workingFolder(),
    get self() {
      return ownFacts();
    },
    program: process.argv[1] ?? "",
    get user() {
      return userName();
    },
    fateOf,
    freeFiles,
    openTerminal,
    showInPager: async (text) =>
      (await import("./pager.ts")).showInPager(text, process.env, signals.onSignal),
    ...signals,
    onLibraryWarning: captureWarnings,
    exitNow: (code) => process.exit(code),
  };
}

function openTerminal(): ReadStream | undefined {
  try {
    return new ReadStream(openSync("/dev/tty", "r"));
  } catch {
    return undefined; // ENXIO: a process without a terminal, such as cron's
  }
}

function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    return REMOVED_FOLDER; // ENOENT of uv_cwd
  }
}

/** A container may run as a user without a name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "unknown");
  }
}

const PRINTERS = ["debug", "error", "info", "log", "trace", "warn"] as const;

function captureWarnings(listener: (text: string) => void): () => void {
  const { debug, error, info, log, trace, warn } = console;
  const print = (...args: unknown[]) => listener(args.map(describeArgument).join(" "));
  for (const name of PRINTERS) console[name] = print;
  // Node's own listener, which prints.
  const others = process.listeners("warning");
  const hear = (warning: Error) => listener(messageOf(warning));
  process.removeAllListeners("warning").on("warning", hear);
  return () => {
    Object.assign(console, { debug, error, info, log, trace, warn });
    process.off("warning", hear);
    for (const other of others) process.on("warning", other);
  };
}

/** Objects are not inspected: the error of a refused AUTH, for example, contains the password. */
function describeArgument(value: unknown): string {
  if (value instanceof Error) return messageOf(value);
  return typeof value === "object" ? "[object]" : String(value);
}
