import { PassThrough } from "node:stream";
import { main } from "../../src/main.ts";
import type { InStream, Io, OutStream } from "../../src/output/io.ts";
import { checkPrinted, watchReport } from "./documents.ts";

export interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
  /** stdout as one JSON document. */
  json<T>(): T;
  /** stdout as NDJSON. */
  lines<T>(): T[];
}

export interface CliOptions {
  env?: Record<string, string>;
  stdin?: string;
  cwd?: string;
  /** Is handed a function that delivers a signal to the running command. */
  onStart?(signal: (name: "SIGINT" | "SIGTERM" | "SIGHUP") => void): void;
}

/**
 * Runs the command line in this process, with pipes in the place of the standard streams. Rejects when it prints JSON, or writes
 * a report, that does not fit the schema of its documents.
 */
export async function runCli(argv: string[], options: CliOptions = {}): Promise<CliResult> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const stdin = new PassThrough();
  stdin.end(options.stdin ?? "");
  const printed = { stdout: "", stderr: "" };
  stdout.on("data", (chunk) => {
    printed.stdout += chunk;
  });
  stderr.on("data", (chunk) => {
    printed.stderr += chunk;
  });
  const listeners = new Set<(name: "SIGINT" | "SIGTERM" | "SIGHUP") => void>();
  const io: Io = {
    stdin: stdin as InStream,
    stdout: stdout as OutStream,
    stderr: stderr as OutStream,
    env: { HOME: "/nonexistent", ...options.env },
    cwd: options.cwd ?? "/nonexistent",
    self: { host: "test-host", pid: process.pid },
    user: "tester",
    program: "/nonexistent",
    fateOf: ({ host, pid }) => {
      if (host !== "test-host") return "unknown";
      return pid === process.pid ? "alive" : "gone";
    },
    freeFiles: () => undefined,
    openTerminal: () => undefined,
    showInPager: async () => false,
    onSignal: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    beforeEnd: () => () => {},
    // ioredis' own words go to the console of the tests.
    onLibraryWarning: () => () => {},
    exitNow: (code) => {
      throw new Error(`exitNow(${code})`);
    },
  };
  options.onStart?.((name) => {
    for (const listener of listeners) listener(name);
  });
  const checkReport = watchReport(argv, io.cwd);
  const code = await main(argv, io);
  await checkPrinted(argv, printed);
  checkReport();
  return {
    code,
    ...printed,
    json: <T>() => JSON.parse(printed.stdout) as T,
    lines: <T>() =>
      printed.stdout
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as T),
  };
}

/** Settings that lead to a test's own Redis and sandbox. */
export function cliEnv(redisUrl: string, apiBase = "http://127.0.0.1:9"): Record<string, string> {
  return {
    PUSH_CLI_REDIS_URL: redisUrl,
    PUSH_CLI_API_BASE: apiBase,
    PUSH_CLI_APPID: "wx-sandbox",
    PUSH_CLI_APPSECRET: "sandbox-secret",
  };
}
