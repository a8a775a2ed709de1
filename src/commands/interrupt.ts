import type { ExitName } from "../exit-codes.ts";
import type { Deps } from "./deps.ts";

/** Work that a signal ends cleanly. */
export interface Interrupt {
  /** Aborts at the first signal. */
  readonly signal: AbortSignal;
  /** Names the exit code of the signal that came; undefined while none did. */
  readonly exit: ExitName | undefined;
  /** From here on, signals do what they do by default. */
  undo(): void;
}

/** Lets the first signal end what is being done; `onStop` ends what it waits for. The second one ends the process. */
export function stopAtSignal({ onInterrupt }: Pick<Deps, "onInterrupt">, onStop?: () => void): Interrupt {
  const stop = new AbortController();
  let exit: ExitName | undefined;
  const undo = onInterrupt((signal) => {
    exit = signal;
    stop.abort();
    onStop?.();
  });
  return {
    signal: stop.signal,
    get exit() {
      return exit;
    },
    undo,
  };
}
