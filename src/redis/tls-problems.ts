/** What error codes of Node and OpenSSL for a failed TLS handshake mean to the operator; the first match counts. */
export const TLS_PROBLEMS: readonly { test: RegExp; what: string; hint: string }[] = [
  {
    test: /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?))$/,
    what: "no trusted CA has signed the certificate of the Redis",
    hint: "give the certificate of its CA: --redis-ca <file>, or PUSH_CLI_REDIS_CA",
  },
  {
    test: /^CERT_HAS_EXPIRED$/,
    what: "the certificate of the Redis has expired",
    hint: "renew it there (or its CA's, in --redis-ca), and check this machine's clock",
  },
  {
    test: /^CERT_NOT_YET_VALID$/,
    what: "the certificate of the Redis is not valid yet",
    hint: "check the clocks of both machines",
  },
  {
    test: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    what: "the certificate is for another host than the Redis",
    hint: "use the name in the certificate, in the URL or as --redis-servername (PUSH_CLI_REDIS_SERVERNAME)",
  },
  {
    test: /^ERR_SSL_(TLSV13_ALERT_CERTIFICATE_REQUIRED|SSLV3_ALERT_HANDSHAKE_FAILURE)$/,
    what: "a client certificate is required by the Redis",
    hint: "give one with its key: --redis-cert <file> and --redis-key <file>, or PUSH_CLI_REDIS_CERT and PUSH_CLI_REDIS_KEY",
  },
  {
    test: /^ERR_SSL_.*ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_\w+|DECRYPT_ERROR|ACCESS_DENIED)$/,
    what: "the client certificate was refused by the Redis",
    hint: "check --redis-cert and --redis-key: the certificate must be valid and signed by a CA that the Redis trusts",
  },
  {
    test: /^(ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG|EPROTO)$/,
    what: "a server without TLS answered",
    hint: "use redis:// if that Redis has no TLS, or its TLS port",
  },
];
