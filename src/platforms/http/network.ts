import type { LookupFunction } from "node:net";
import type { Logger } from "../../log.ts";

/** How the API is reached; the same for tokens and messages. */
export interface Network {
  /** `http(s)://[user:password@]host[:port]`; absent: no proxy. Shown to nobody but by its host. */
  proxy?: string | undefined;
  /** Certificates (PEM) that are trusted beside those that Node trusts by itself. */
  extraCas?: readonly string[] | undefined;
  /** Names the program to the API; some gateways refuse requests without it. */
  userAgent?: string | undefined;
  /** Absent: nobody looks at exchanges. */
  log?: Logger | undefined;
  /** In the place of the system's resolver. */
  lookup?: LookupFunction | undefined;
}
