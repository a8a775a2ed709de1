import type { Cluster, Redis } from "ioredis";

/** How refusals that pass by themselves are sat out. */
export interface Patience {
  /** Now: false lets them come to the caller at once. */
  isOn(): boolean;
  /** How long a command is held up at most; ms. Absent: 30 s. */
  limitMs?: number | undefined;
  /** Told once of each wait: of what, and for how long at most, ms. */
  onWait(what: string, limitMs: number): void;
}

/** What Redis answers before it does anything with a command, so that each may be sent again. */
const PASSES = /^(LOADING|BUSY |MASTERDOWN|CLUSTERDOWN|TRYAGAIN)/;

const LIMIT_MS = 30_000;
const FIRST_WAIT_MS = 50;
const MOST_WAIT_MS = 1000;
/** Two refusals further apart are of two waits. */
const LULL_MS = 5000;

type Command = Parameters<Redis["sendCommand"]>[0];

export interface SatOut {
  /** Whether commands are held up now. */
  readonly waiting: boolean;
}

/**
 * Sends commands of a client again that Redis refuses for the time being, for a limited time each. The client itself sends a
 * command again as it is, after a lost connection and when a slot has moved; so does this.
 */
export function sitOut(
  client: Redis | Cluster,
  patience: Patience | undefined,
  describe: (error: Error) => string,
): SatOut {
  const limitMs = patience?.limitMs ?? LIMIT_MS;
  let waits = 0;
  let lastAt = Number.NEGATIVE_INFINITY;
  const known = new WeakSet<Command>();
  const send = client.sendCommand.bind(client) as (command: Command, ...more: unknown[]) => unknown;
  const tell = (error: Error) => {
    const isNew = performance.now() - lastAt > LULL_MS;
    lastAt = performance.now();
    if (isNew) patience?.onWait(describe(error), limitMs);
  };
  const watch = (command: Command) => {
    const fail = command.reject;
    let since: number | undefined;
    let wait = FIRST_WAIT_MS;
    command.reject = (error: Error) => {
      const now = performance.now();
      since ??= now;
      if (!patience?.isOn() || !PASSES.test(error.message) || now - since > limitMs)
        return fail.call(command, error);
      tell(error);
      waits++;
      setTimeout(() => {
        waits--;
        send(command);
      }, wait);
      wait = Math.min(2 * wait, MOST_WAIT_MS);
    };
  };
  client.sendCommand = ((command: Command, stream: unknown, ...more: unknown[]) => {
    // A pipeline's replies are its own.
    if (!stream && !known.has(command)) {
      known.add(command);
      watch(command);
    }
    return send(command, stream, ...more);
  }) as Redis["sendCommand"];
  return {
    get waiting() {
      return waits > 0;
    },
  };
}
