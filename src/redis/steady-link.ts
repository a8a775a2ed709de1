import { PushCliError } from "../errors.ts";
import type { RedisLink } from "./link.ts";

export interface SteadyOptions {
  /** Makes the connection. */
  open(): Promise<RedisLink>;
  /** How long Redis may take for an answer, ms. */
  replyMs: number;
  /** The URL as it may be shown. */
  shownUrl: string;
}

const RETRY_MS = 1000;

/**
 * A link for a server: where there is no Redis, everything fails at once with the reason, and the connection is made in the
 * background, for ever; every answer comes within `replyMs`, or it fails. Resolves after the first attempt. Rejects with what
 * no waiting would mend, such as a wrong URL.
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
    // The client has given up for good: a database that is refused, say.
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
    informants: () => use().informants(),
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
