import { openSync, readdirSync, readFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { ReadStream } from "node:tty";
import { messageOf } from "../errors.ts";
import type { Io } from "./io.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The real process. Streams are getters because Node builds each at first use: `--version` never needs stdin. */
export function processIo(): Io {
  // A sink listens too, but help and usage errors may be printed before there is one, and an EPIPE that nobody
  // listens for is an uncaught exception.
  process.stdout.on("error", () => {});
  process.stderr.on("error", () => {});
  // By this variable ioredis prints every command to stderr, and AUTH with its password.
  delete process.env.DEBUG;
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
    cwd: process.cwd(),
    host: hostname(),
    pid: process.pid,
    program: process.argv[1] ?? "",
    get user() {
      return userName();
    },
    freeFiles,
    isRunning,
    openTerminal,
    onSignal: (listener) => {
      const handle = (signal: NodeJS.Signals) => listener(signal as (typeof SIGNALS)[number]);
      for (const signal of SIGNALS) process.on(signal, handle);
      return () => {
        for (const signal of SIGNALS) process.off(signal, handle);
      };
    },
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

/** A container may run as a user that nobody has named. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "unknown");
  }
}

/** From Linux' own account: the soft limit, which Node has raised to the hard one at its start, less what is open. */
function freeFiles(): number | undefined {
  try {
    const limit = /^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return limit === undefined ? undefined : Number(limit) - readdirSync("/proc/self/fd").length;
  } catch {
    return undefined; // no Linux, or no /proc
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, but another user's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
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
