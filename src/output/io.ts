import type { Readable, Writable } from "node:stream";
import type { Fate, ProcessFacts } from "../broadcast/record.ts";

/** A stream that may be a terminal. A terminal of unknown size (a serial line, `expect`) has 0 columns. */
export type OutStream = Writable & { isTTY?: boolean; columns?: number };
export type InStream = Readable & { isTTY?: boolean };

/** All parts of the process that the tool uses, so that tests can replace them. */
export interface Io {
  stdin: InStream;
  stdout: OutStream;
  stderr: OutStream;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** This process, for the heartbeats of a run. */
  self: ProcessFacts;
  /** The name of the current user, for the runs of a broadcast. */
  user: string;
  /** The path of the program itself. */
  program: string;
  /** Whether a process still exists, as far as can be determined from here. */
  fateOf(process: ProcessFacts): Fate;
  /** How many more files, including connections, this process may open; undefined if unknown. */
  freeFiles(): number | undefined;
  /** The controlling terminal, newly opened: for asking while stdin is data. The caller has to destroy it. */
  openTerminal(): InStream | undefined;
  /**
   * Shows a text with the user's pager, on the terminal that is stdout. False when there is none, or none is wanted: then
   * nothing has been shown.
   */
  showInPager(text: string): Promise<boolean>;
  /**
   * Calls back on SIGINT, SIGTERM and SIGHUP; returns a function that removes the listener. Without listeners, these signals
   * end the process.
   */
  onSignal(listener: (signal: "SIGINT" | "SIGTERM" | "SIGHUP") => void): () => void;
  /**
   * Registers a cleanup to run before a signal without listeners ends the process, for at most a second; returns a function
   * that removes it.
   */
  beforeEnd(cleanup: (signal: "SIGINT" | "SIGTERM" | "SIGHUP") => Promise<unknown>): () => void;
  /**
   * Calls back with what libraries and Node would otherwise print: to the console, and as process warnings. Returns a
   * function that undoes this; until then they print nothing.
   */
  onLibraryWarning(listener: (text: string) => void): () => void;
  /** Ends the process at once, for a second signal. */
  exitNow(code: number): void;
}
