import { PushCliError } from "../errors.ts";
import type { RedisLink } from "./link.ts";

export interface SteadyOptions {
  /** Makes the connection. */
  open(): Promise<RedisLink>;
  /** Maximum time for a reply from Redis, ms. */
  replyMs: number;
  /** The URL for display. */
  shownUrl: string;
}

const RETRY_MS = 1000;

/**
 * A link for a server process: while Redis is unreachable, everything fails at once with the reason, and reconnecting
 * continues in the background without end; an answer that takes longer than `replyMs` is an error. Resolves after the
 * first attempt. Rejects on errors that waiting can't fix, such as a wrong URL.
 */
export async function openSteadyLink({ open, replyMs, shownUrl }: SteadyOptions): Promise<RedisLink> {
  let link: RedisLink | undefined;
  let failure: unknown;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  const connect = async () => {
    try {
      const opened = await open();
      if (isClosed) opened.close();
      else link = opened;
    } catch (error) {
      failure = error;
      if (!isClosed) timer = setTimeout(connect, RETRY_MS);
    }
  };
  const use = (): RedisLink => {
    if (link?.client.status !== "end" && link) return link;
    // The client has given up for good, for example because the database was refused.
    if (link) {
      link.close();
      link = undefined;
      failure = noAnswer(shownUrl, "connection closed");
      void connect();
    }
    throw failure;
  };
  await connect();
  if (!link && !(failure instanceof PushCliError && failure.kind === "redis")) {
    clearTimeout(timer);
    throw failure;
  }
  const inTime = <T>(work: () => Promise<T>) => within(work, replyMs, shownUrl);
  return {
    get client() {
      return use().client;
    },
    call: (command) => inTime(() => use().call(command)),
    run: (script, keys, args) => inTime(() => use().run(script, keys, args)),
    runBatch: (script, users, plan, unpack) => inTime(() => use().runBatch(script, users, plan, unpack)),
    openSweep: async () => use().openSweep(),
    infoClients: () => use().infoClients(),
    get connections() {
      return use().connections;
    },
    now: () => inTime(() => use().now()),
    close: () => {
      isClosed = true;
      clearTimeout(timer);
      link?.close();
    },
  };
}

function within<T>(work: () => Promise<T>, ms: number, shownUrl: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(noAnswer(shownUrl, "no answer in time")), ms);
    const end =
      <Value>(settle: (value: Value) => void) =>
      (value: Value) => {
        clearTimeout(timer);
        settle(value);
      };
    try {
      work().then(end(resolve), end(reject));
    } catch (error) {
      end(reject)(error);
    }
  });
}

function noAnswer(shownUrl: string, why: string): PushCliError {
  return new PushCliError("redis", `can't reach Redis at ${shownUrl}: ${why}`, { transient: true });
}
