import { isatty } from "node:tty";
import type { Io } from "./io.ts";

export type Signal = "SIGINT" | "SIGTERM" | "SIGHUP";
/** 128 and the signal's number, as shells have it. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
/** How long what is to be done before the end may take. */
const GRACE_MS = 1000;

/**
 * Catches the signals that end a process, for as long as it lives: PID 1 of a container is spared the default action by
 * the kernel (pid_namespaces(7)), so without a handler Ctrl-C and `docker stop` would do nothing. Without a listener the
 * process ends; a second signal meanwhile ends it at once.
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
 * Whether a closed terminal is none of this process's business. `nohup` says so by ignoring SIGHUP, but Node gives every
 * signal its default action back before it runs any program (ResetSignalHandlers in node.cc). What is left to see is that
 * no stream is a terminal: nohup redirects those that are.
 */
function isDetached(): boolean {
  return ![0, 1, 2].some((fd) => isatty(fd));
}

/** By the signal itself, so that a shell's loop ends with its command; where that does nothing, by the exit code. */
function endBy(signal: Signal): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  process.exit(EXIT_CODES[signal]);
}

function include<T>(all: Set<T>, one: T): () => void {
  all.add(one);
  return () => all.delete(one);
}
