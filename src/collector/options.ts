import type { Clock } from "../clock.ts";
import type { CallbackReader, CollectorBooks, CollectorPlatform, Forward } from "./ports.ts";

/** Where to listen; `mode`: permissions of the socket, as for `chmod`. */
export type Listen = { host: string; port: number } | { socketPath: string; mode?: number | undefined };

export interface Limits {
  codesPerReport: number;
  /** Per user, counted by each process separately. */
  requestsPerMinute: number;
  bodyBytes: number;
  /** Maximum time for a client to send its headers, and for the whole request. */
  receiveMs: number;
  /** Maximum time for one Redis operation. */
  redisMs: number;
  /** Maximum time for a callback as a whole: the platform waits for 5 s. */
  callbackMs: number;
  /** Maximum time for a login. */
  loginMs: number;
  /** Maximum number of logins that wait for the platform at the same time. */
  logins: number;
  /** How long `stop` waits for requests in progress. */
  stopMs: number;
}

export const LIMITS: Limits = {
  codesPerReport: 100,
  requestsPerMinute: 60,
  bodyBytes: 65_536,
  receiveMs: 10_000,
  redisMs: 1000,
  callbackMs: 4500,
  loginMs: 5000,
  logins: 64,
  stopMs: 10_000,
};

export interface CollectorOptions {
  listen: Listen;
  books: CollectorBooks;
  /** For `/login`. */
  platform?: Pick<CollectorPlatform, "login"> | undefined;
  /** For `/callback`. */
  callback?: CallbackReader | undefined;
  /** For events that the collector does not handle. */
  forward?: Forward | undefined;
  /** `lifeMs`: lifetime of the tokens issued by `/login`, at most 31 days. */
  session?: { secret: Uint8Array; lifeMs: number } | undefined;
  /** The header in which a gateway in front identifies the user, instead of session tokens. */
  trustHeader?: string | undefined;
  /** Which source of consents counts. */
  consents: "both" | "events" | "reports";
  limits?: Partial<Limits>;
  clock: Clock;
  /**
   * Called with one record for each request and each failure; never contains a secret, a token, a body or a
   * query.
   */
  log: (record: Record<string, unknown>) => void;
  /** Shorten openIds in the log. */
  shortIds: boolean;
}
