import { isatty } from "node:tty";
import type { Io } from "./io.ts";

export type Signal = "SIGINT" | "SIGTERM" | "SIGHUP";
/** 128 plus the signal's number, as in shells. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
/** Maximum time for the cleanups before the end. */
const GRACE_MS = 1000;

/**
 * Catches the signals that end a process, for its whole life: the kernel exempts PID 1 of a container from the default
 * action (pid_namespaces(7)), so without a handler Ctrl-C and `docker stop` would do nothing. Without listeners the
 * process ends; a second signal in the meantime ends it at once.
 */
export function catchSignals(): Pick<Io, "onSignal" | "beforeEnd"> {
  const listeners = new Set<(signal: Signal) => void>();
  const cleanups = new Set<(signal: Signal) => Promise<unknown>>();
  let isEnding = false;
  const handle = (signal: Signal) => {
    if (listeners.size > 0) for (const listener of [...listeners]) listener(signal);
    else if (isEnding) endBy(signal);
    else {
      isEnding = true;
      const timer = new Promise((resolve) => setTimeout(resolve, GRACE_MS));
      const done = Promise.allSettled([...cleanups].map((cleanup) => cleanup(signal)));
      void Promise.race([done, timer]).then(() => endBy(signal));
    }
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => handle(signal));
  if (isDetached()) process.on("SIGHUP", () => {});
  else process.on("SIGHUP", () => handle("SIGHUP"));
  return {
    onSignal: (listener) => include(listeners, listener),
    beforeEnd: (cleanup) => include(cleanups, cleanup),
  };
}

/**
 * Whether the process should ignore a closed terminal. `nohup` requests that by ignoring SIGHUP, but Node restores the
 * default action of every signal before it runs any program (ResetSignalHandlers in node.cc). What remains visible is
 * that no stream is a terminal: nohup redirects those that are.
 */
function isDetached(): boolean {
  return ![0, 1, 2].some((fd) => isatty(fd));
}

/** Ends by the signal itself, so that a shell's loop ends with its command; if that has no effect, by the exit code. */
function endBy(signal: Signal): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  process.exit(EXIT_CODES[signal]);
}

function include<T>(all: Set<T>, one: T): () => void {
  all.add(one);
  return () => all.delete(one);
}
