import { type LookupAddress, lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";

/**
 * The addresses of a host, the last one that accepted a connection first. Node tries them one after the other; without
 * this, a dead IPv6 address before a live IPv4 one would delay every new connection by the time of an attempt.
 */
export class AddressOrder {
  readonly #lookup: LookupFunction;
  #good: string | undefined;
  /** Failed connections since the last success: the address that failed first is tried last the next time. */
  #failures = 0;

  constructor(lookup: LookupFunction = systemLookup) {
    this.#lookup = lookup;
  }

  readonly lookup: LookupFunction = (hostname, options, callback) => {
    this.#lookup(hostname, options, (error, found, family) => {
      callback(error, Array.isArray(found) ? this.#order(found) : found, family);
    });
  };

  succeeded(address: string | undefined): void {
    this.#good = address;
    this.#failures = 0;
  }

  failed(): void {
    this.#good = undefined;
    this.#failures++;
  }

  #order(found: LookupAddress[]): LookupAddress[] {
    const known = found.findIndex(({ address }) => address === this.#good);
    const first = known >= 0 ? known : this.#failures % Math.max(found.length, 1);
    return [...found.slice(first), ...found.slice(0, first)];
  }
}
