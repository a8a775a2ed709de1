import type { Clock } from "../clock.ts";
import type { CallbackReader, CollectorBooks, CollectorPlatform, Forward } from "./ports.ts";

/** Where to listen: `mode` are the rights of the socket, as `chmod` takes them. */
export type Listen = { host: string; port: number } | { socketPath: string; mode?: number | undefined };

export interface Limits {
  codesPerReport: number;
  /** Of one user, counted by each process for itself. */
  requestsPerMinute: number;
  bodyBytes: number;
  /** How long a client may take to send its headers, and how long for the whole request. */
  receiveMs: number;
  /** How long Redis may take for one step. */
  redisMs: number;
  /** How long all of a callback may take: the platform waits for 5 s. */
  callbackMs: number;
  /** How long a login may take. */
  loginMs: number;
  /** How many logins may wait for the platform at once. */
  logins: number;
  /** How long `stop` waits for requests in hand. */
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
  /** For events that are not the collector's. */
  forward?: Forward | undefined;
  /** `lifeMs`: of the tokens that `/login` gives, at most 31 days. */
  session?: { secret: Uint8Array; lifeMs: number } | undefined;
  /** The header by which a gateway in front names the user: instead of session tokens. */
  trustHeader?: string | undefined;
  /** Whose word on consents counts. */
  consents: "both" | "events" | "reports";
  limits?: Partial<Limits>;
  clock: Clock;
  /** Gets one record for each request and each failure; never a secret, a token, a body or a query. */
  log: (record: Record<string, unknown>) => void;
  /** Shortens openIds in the log. */
  shortIds: boolean;
}
