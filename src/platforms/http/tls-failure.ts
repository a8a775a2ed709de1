import type { PeerCertificate } from "node:tls";
import { messageOf } from "../../errors.ts";
import type { Described } from "./described.ts";
import { safeText } from "./safe-text.ts";

/**
 * A certificate for names other than the host's, without Node's code `ERR_TLS_CERT_ALTNAME_INVALID`: with that code,
 * undici 7 counts the refused request as running forever (lib/dispatcher/client.js, handleConnectError), so that its
 * client neither takes another request nor closes.
 */
export class WrongNameError extends Error {
  /** The names in the certificate. */
  readonly names: string;

  private constructor(names: string, cause: Error) {
    super("certificate of another name", { cause });
    this.names = names;
  }

  static from(error: Error): WrongNameError | undefined {
    const { code, cert } = error as { code?: unknown; cert?: PeerCertificate };
    return code === "ERR_TLS_CERT_ALTNAME_INVALID" ? new WrongNameError(namesOf(cert), error) : undefined;
  }
}

/** `DNS:a.example, IP Address:127.0.0.1` as `a.example, 127.0.0.1`. */
function namesOf(cert: PeerCertificate | undefined): string {
  const names = cert?.subjectaltname ?? [cert?.subject?.CN].flat().join(", ");
  return safeText(names.replaceAll(/(?:DNS|IP Address|URI|email):/g, ""), []) || "no name";
}

const NO_TLS = "it does not speak TLS";
const OLD_TLS = "it supports only versions of TLS that are too old";
const UNTRUSTED_HINT = "if a proxy inspects TLS here, give the certificate of its CA: --api-ca <file>";

/** Node's and OpenSSL's codes for a failed handshake. */
const PROBLEMS: { test: RegExp; what: string; hint?: string }[] = [
  {
    test: /^(SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?))$/,
    what: "no trusted CA has signed its certificate",
    hint: UNTRUSTED_HINT,
  },
  { test: /^DEPTH_ZERO_SELF_SIGNED_CERT$/, what: "its certificate is self-signed", hint: UNTRUSTED_HINT },
  {
    test: /^CERT_HAS_EXPIRED$/,
    what: "its certificate has expired",
    hint: "check this machine's clock, too",
  },
  {
    test: /^CERT_NOT_YET_VALID$/,
    what: "its certificate is not valid yet",
    hint: "check this machine's clock",
  },
  { test: /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST)$/, what: NO_TLS },
  { test: /^ERR_SSL_(UNSUPPORTED_PROTOCOL|.*ALERT_PROTOCOL_VERSION)$/, what: OLD_TLS },
  { test: /^ERR_SSL_.*ALERT_NO_APPLICATION_PROTOCOL$/, what: "it does not speak HTTP/1.1, which is needed" },
];

/** Describes a TLS connection that was not established; undefined when the error is about something else. */
export function describeTls(cause: Error, host: string): Described | undefined {
  if (cause instanceof WrongNameError) {
    return {
      reason: `the certificate of ${host} is for ${cause.names}`,
      hint: "give --api-base with a name that the certificate has",
    };
  }
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  const known = PROBLEMS.find(({ test }) => test.test(code));
  if (!known && !/CERT|TLS|SSL|EPROTO/.test(code)) return undefined;
  const what = known?.what ?? safeText(messageOf(cause), []);
  return { reason: `no TLS connection to ${host}: ${what}`, hint: known?.hint };
}
