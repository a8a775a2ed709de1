import { PassThrough } from "node:stream";
import type { InStream, Io } from "../../src/output/io.ts";

export interface FakeIo extends Io {
  stdin: PassThrough & { isTTY?: boolean };
  stdout: FakeStream;
  stderr: FakeStream;
  /** What a library prints on the console. */
  libraryWarning(text: string): void;
  /** The controlling terminal, each time that it was opened. */
  opened: InStream[];
  signal(name: "SIGINT" | "SIGTERM" | "SIGHUP"): void;
}

export type FakeStream = PassThrough & { isTTY?: boolean; columns?: number; text(): string };

export interface FakeIoOptions {
  /** Which streams are terminals; none unless told. */
  terminals?: ("stdin" | "stdout" | "stderr")[];
  /** What is typed at the controlling terminal, while it is open; without it there is no such terminal. */
  typed?: string;
  /** Takes what is shown in the pager; without it there is none. */
  pager?(text: string): void;
  columns?: number;
  env?: Record<string, string>;
  cwd?: string;
}

/** A process that exists only in memory; what it writes is read with `io.stdout.text()`. */
export function fakeIo(options: FakeIoOptions = {}): FakeIo {
  const terminals = options.terminals ?? [];
  const listeners = new Set<(signal: "SIGINT" | "SIGTERM" | "SIGHUP") => void>();
  const warned = new Set<(text: string) => void>();
  const stdin = new PassThrough();
  const opened: InStream[] = [];
  return {
    stdin: terminals.includes("stdin") ? Object.assign(stdin, { isTTY: true }) : stdin,
    stdout: fakeStream(terminals.includes("stdout"), options.columns),
    stderr: fakeStream(terminals.includes("stderr"), options.columns),
    env: options.env ?? {},
    cwd: options.cwd ?? "/",
    self: { host: "host", pid: 1 },
    fateOf: () => "alive",
    freeFiles: () => undefined,
    opened,
    openTerminal: () => {
      if (options.typed === undefined) return undefined;
      const terminal = Object.assign(new PassThrough(), { isTTY: true });
      opened.push(terminal);
      terminal.write(options.typed);
      return terminal;
    },
    showInPager: async (text) => {
      options.pager?.(text);
      return options.pager !== undefined;
    },
    user: "tester",
    program: "/nonexistent",
    onSignal: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    beforeEnd: () => () => {},
    onLibraryWarning: (listener) => {
      warned.add(listener);
      return () => warned.delete(listener);
    },
    exitNow: (code) => {
      throw new Error(`exitNow(${code})`);
    },
    libraryWarning: (text) => {
      for (const listener of warned) listener(text);
    },
    signal: (name) => {
      for (const listener of listeners) listener(name);
    },
  };
}

/** A pipe that is always read, or a terminal with the cursor control that tty.WriteStream has. */
export function fakeStream(terminal: boolean, columns = 80): FakeStream {
  let written = "";
  const stream = new PassThrough();
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    written += chunk;
  });
  const text = () => written;
  if (!terminal) return Object.assign(stream, { text });
  return Object.assign(stream, {
    text,
    isTTY: true,
    columns,
    cursorTo: () => stream.write("\x1b[1G"),
    moveCursor: () => stream.write("\x1b[1A"),
    clearLine: () => stream.write("\x1b[0K"),
  });
}
