import type { Cluster, Redis } from "ioredis";

/** How temporary refusals are retried. */
export interface Patience {
  /** Whether to retry now; false: the caller gets the refusal at once. */
  isOn(): boolean;
  /** Maximum time to hold up a command; ms. Defaults to 30 s. */
  limitMs?: number | undefined;
  /** Called once for each wait, with its reason and its maximum, ms. */
  onWait(what: string, limitMs: number): void;
}

/** Replies that Redis sends before it executes any part of a command, so the command may be sent again. */
const TEMPORARY = /^(LOADING|BUSY |MASTERDOWN|CLUSTERDOWN|TRYAGAIN)/;

const LIMIT_MS = 30_000;
const FIRST_WAIT_MS = 50;
const MAX_WAIT_MS = 1000;
/** Refusals further apart than this belong to separate waits. */
const LULL_MS = 5000;

type Command = Parameters<Redis["sendCommand"]>[0];

export interface RefusalRetries {
  /** Whether commands are held up now. */
  readonly waiting: boolean;
}

/**
 * Sends commands again that Redis refuses temporarily, each for a limited time. This is as safe as what the client
 * itself does: it also sends a command again unchanged, after a lost connection and when a slot has moved.
 */
export function retryRefused(
  client: Redis | Cluster,
  patience: Patience | undefined,
  describe: (error: Error) => string,
): RefusalRetries {
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
      if (!patience?.isOn() || !TEMPORARY.test(error.message) || now - since > limitMs)
        return fail.call(command, error);
      tell(error);
      waits++;
      setTimeout(() => {
        waits--;
        send(command);
      }, wait);
      wait = Math.min(2 * wait, MAX_WAIT_MS);
    };
  };
  client.sendCommand = ((command: Command, stream: unknown, ...more: unknown[]) => {
    // A pipeline handles its own replies.
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
