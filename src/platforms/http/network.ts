import type { LookupFunction } from "node:net";
import type { Logger } from "../../log.ts";

/** How the API is reached; the same for tokens and messages. */
export interface Network {
  /** `http(s)://[user:password@]host[:port]`; absent: no proxy. Only its host may be shown. */
  proxy?: string | undefined;
  /** Certificates (PEM) that are trusted in addition to those that Node trusts by default. */
  extraCas?: readonly string[] | undefined;
  /** Identifies the program to the API; some gateways refuse requests without it. */
  userAgent?: string | undefined;
  /** Absent: exchanges are not logged. */
  log?: Logger | undefined;
  /** Replaces the system's resolver. */
  lookup?: LookupFunction | undefined;
}
