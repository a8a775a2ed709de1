import { openSync } from "node:fs";
import { userInfo } from "node:os";
import { ReadStream } from "node:tty";
import { messageOf } from "../errors.ts";
import type { Io } from "./io.ts";
import { fateOf, freeFiles, ownFacts } from "./process-facts.ts";
import { catchSignals } from "./process-signals.ts";

/**
 * The working folder's own name for itself where it has no other, because it was removed: nothing is in it, and nothing
 * can be made in it.
 */
const REMOVED_FOLDER = "/proc/self/cwd";

/** The real process. Streams are getters because Node builds each at first use: `--version` never needs stdin. */
export function processIo(): Io {
  // A sink listens too, but help and usage errors may be printed before there is one, and an EPIPE that nobody
  // listens for is an uncaught exception.
  process.stdout.on("error", () => {});
  process.stderr.on("error", () => {});
  // By this variable ioredis prints every command to stderr, and AUTH with its password.
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
    return undefined; // ENXIO: a process without one, such as cron's
  }
}

function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    return REMOVED_FOLDER; // ENOENT of uv_cwd
  }
}

/** A container may run as a user that nobody has named. */
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
  // Node's own listener is the one that prints.
  const others = process.listeners("warning");
  const hear = (warning: Error) => listener(messageOf(warning));
  process.removeAllListeners("warning").on("warning", hear);
  return () => {
    Object.assign(console, { debug, error, info, log, trace, warn });
    process.off("warning", hear);
    for (const other of others) process.on("warning", other);
  };
}

/** No object is looked into: the error of a refused AUTH, for one, carries the password. */
function describeArgument(value: unknown): string {
  if (value instanceof Error) return messageOf(value);
  return typeof value === "object" ? "[object]" : String(value);
}
