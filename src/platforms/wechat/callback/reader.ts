import {
  type CallbackReader,
  CallbackRefused,
  type CallbackRequest,
  type CallbackSecrets,
} from "../../../collector/ports.ts";
import { parseBody } from "./body.ts";
import { openEnvelope, readAesKey } from "./envelope.ts";
import { readEvents } from "./events.ts";
import { type Fields, textOf } from "./fields.ts";
import { isSignedBy } from "./signature.ts";
import type { XmlParser } from "./xml.ts";

export interface ReaderOptions {
  secrets: CallbackSecrets;
  appid: string;
  /** Accept unsigned requests that have the headers of WeChat's cloud hosting, which removes them from other requests. */
  cloudHosting: boolean;
  nowMs(): number;
  Parser: XmlParser;
}

/** Maximum difference between the signed time and now, in either direction: a captured request can't be used for longer. */
const MAX_APART_MS = 10 * 60_000;
/** WeChat's are digits. They become part of the answer and are not signed, so markup is not allowed. */
const ECHO = /^[\w.~+/=-]{1,256}$/;
/** "success" or nothing; anything else is treated as a reply to the user (vendor's page "message push"). */
const ANSWER = "success";

/**
 * Reads the pushes for a mini program's account, as described on the vendor's page "message push". Throws a `config` error
 * for an invalid key.
 *
 * With an AES key, only encrypted pushes are accepted: the signature of a plain one does not cover its body, so anyone who
 * has seen one signed URL (in the log of a proxy) could send any body for ten minutes. For the console's plain mode, no key
 * must be set.
 */
export function createCallbackReader(options: ReaderOptions): CallbackReader {
  const { token, aesKey, previousAesKey } = options.secrets;
  const keys = [
    aesKey === undefined ? [] : readAesKey(aesKey),
    previousAesKey === undefined ? [] : readAesKey(previousAesKey, "the previous AES key of the callback"),
  ].flat();
  const trusted: Trusted = { ...options, token, keys };
  return {
    checkUrl: ({ query }) => checkUrl(trusted, query),
    read: (request) => {
      const fields = openPush(trusted, request);
      return { events: isContainerCheck(fields) ? [] : readEvents(fields), answer: ANSWER };
    },
  };
}

interface Trusted extends Omit<ReaderOptions, "secrets"> {
  token: string;
  keys: readonly Buffer[];
}

type Query = CallbackRequest["query"];

function checkUrl(trusted: Trusted, query: Query): string {
  requireSigned(trusted, query, readValue(query, "signature"));
  const echo = readValue(query, "echostr") ?? "";
  if (!ECHO.test(echo)) throw new CallbackRefused("bad_body", "the query has no echostr that can be echoed");
  return echo;
}

/** The fields of a push that comes from the platform. */
function openPush(trusted: Trusted, { query, headers, body }: CallbackRequest): Fields {
  const { cloudHosting, keys, appid, Parser } = trusted;
  const signature = readValue(query, "signature");
  const bodySignature = readValue(query, "msg_signature");
  const isEncrypted = bodySignature !== undefined || readValue(query, "encrypt_type") === "aes";
  if (isEncrypted) {
    const encrypted = textOf(parseBody(body, Parser), "Encrypt");
    if (encrypted === undefined)
      throw new CallbackRefused(
        "bad_envelope",
        "the push is marked as encrypted and holds nothing encrypted",
      );
    requireSigned(trusted, query, bodySignature, encrypted);
    return parseBody(openEnvelope(encrypted, requireKeys(keys), appid), Parser);
  }
  if (signature === undefined && cloudHosting) return openCloudPush(parseBody(body, Parser), headers);
  requireSigned(trusted, query, signature);
  if (keys.length === 0) return parseBody(body, Parser);
  throw new CallbackRefused("bad_envelope", "the push is not encrypted, although there is an AES key for it");
}

/** The platform's check of the container is recognized only by its body; it changes nothing. */
function openCloudPush(fields: Fields, headers: CallbackRequest["headers"]): Fields {
  if (headers["x-wx-sources"] || isContainerCheck(fields)) return fields;
  throw new CallbackRefused("not_signed", "the push is neither signed nor marked as one of cloud hosting");
}

function isContainerCheck(fields: Fields): boolean {
  return textOf(fields, "action") === "CheckContainerPath";
}

/** First the signature, then the time: a sender without the secret learns nothing about this machine's clock. */
function requireSigned(
  { token, nowMs }: Trusted,
  query: Query,
  signature: string | undefined,
  ...more: string[]
): void {
  if (signature === undefined) throw new CallbackRefused("not_signed", "the request is not signed");
  const timestamp = readValue(query, "timestamp") ?? "";
  const nonce = readValue(query, "nonce") ?? "";
  if (!isSignedBy([token, timestamp, nonce, ...more], signature))
    throw new CallbackRefused("bad_signature", "the signature is not one of the callback's token");
  const isNear = /^\d{1,12}$/.test(timestamp) && Math.abs(Number(timestamp) * 1000 - nowMs()) <= MAX_APART_MS;
  if (!isNear)
    throw new CallbackRefused("stale_timestamp", "the request was signed more than 10 minutes from now");
}

function requireKeys(keys: readonly Buffer[]): readonly Buffer[] {
  if (keys.length > 0) return keys;
  throw new CallbackRefused("bad_envelope", "the push is encrypted, and there is no AES key for it");
}

function readValue(query: Query, name: string): string | undefined {
  const value = query[name];
  if (value === undefined || typeof value === "string") return value;
  throw new CallbackRefused("bad_signature", `the query has several values of ${name}`);
}
