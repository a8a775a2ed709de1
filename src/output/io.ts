import type { Readable, Writable } from "node:stream";
import type { Fate, ProcessFacts } from "../broadcast/record.ts";

/** A stream that may be a terminal. One that does not know its size (a serial line, `expect`) has 0 columns. */
export type OutStream = Writable & { isTTY?: boolean; columns?: number };
export type InStream = Readable & { isTTY?: boolean };

/** Everything of the process that the tool touches, so that tests can stand in for it. */
export interface Io {
  stdin: InStream;
  stdout: OutStream;
  stderr: OutStream;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** This process, for the heartbeats of a run. */
  self: ProcessFacts;
  /** The name of who runs it, for the runs of a broadcast. */
  user: string;
  /** The path of the program itself. */
  program: string;
  /** Whether a process is still there, as far as that can be known from here. */
  fateOf(process: ProcessFacts): Fate;
  /** How many more files, connections among them, this process may open; undefined where that is not known. */
  freeFiles(): number | undefined;
  /** The controlling terminal, opened anew: to ask on while stdin is data. Whoever opens it destroys it. */
  openTerminal(): InStream | undefined;
  /**
   * Shows a text through the reader's pager, on the terminal that stdout is. False when there is none, or none is wanted: then
   * nothing has been shown.
   */
  showInPager(text: string): Promise<boolean>;
  /** Calls back on SIGINT, SIGTERM and SIGHUP; returns the undo. While nobody listens, they end the process. */
  onSignal(listener: (signal: "SIGINT" | "SIGTERM" | "SIGHUP") => void): () => void;
  /** What is to be done before a signal that nobody listens to ends the process, in a second at most; returns the undo. */
  beforeEnd(cleanup: (signal: "SIGINT" | "SIGTERM" | "SIGHUP") => Promise<unknown>): () => void;
  /**
   * Calls back with what libraries and Node would print by themselves: their console, and warnings of the process. Until
   * the undo, which comes back, they print nothing.
   */
  onLibraryWarning(listener: (text: string) => void): () => void;
  /** Ends the process at once, for a second signal. */
  exitNow(code: number): void;
}
