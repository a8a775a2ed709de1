import { createSecureContext, rootCertificates } from "node:tls";
import type { buildConnector } from "undici";
import { AddressOrder } from "./address-order.ts";
import type { Network } from "./network.ts";
import { WrongNameError } from "./tls-failure.ts";

export type Connect = buildConnector.connector;

/** How many addresses of a host can be tried within the time for a connection. */
const TURNS = 4;

/** The time for one address of a host, ms. */
export function attemptMs(connectMs: number): number {
  return Math.ceil(connectMs / TURNS);
}

/**
 * Opens TCP and, for https, TLS connections; including name lookup and handshake, each takes at most `connectMs`. One
 * for all connections to a host, so that they share TLS sessions and experience with its addresses.
 *
 * Node's default of 250 ms per address (`autoSelectFamilyAttemptTimeout`) gives up on hosts with longer round trips.
 */
export function createConnector(
  build: typeof buildConnector,
  { extraCas, lookup }: Network,
  connectMs: number,
): Connect {
  const addresses = new AddressOrder(lookup);
  const connect = build({
    timeout: connectMs,
    allowH2: false,
    lookup: addresses.lookup,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: attemptMs(connectMs),
    ...(extraCas?.length && {
      // `ca` replaces Node's own certificates.
      secureContext: createSecureContext({ ca: [...rootCertificates, ...extraCas] }),
    }),
  });
  return (options, callback) =>
    connect(options, (error, socket) => {
      if (error) {
        addresses.failed();
        callback(WrongNameError.from(error) ?? error, null);
      } else {
        addresses.succeeded(socket.remoteAddress);
        callback(null, socket);
      }
    });
}
