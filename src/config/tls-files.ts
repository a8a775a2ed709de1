import { readFile } from "node:fs/promises";
import { messageOf, PushCliError } from "../errors.ts";
import type { Io } from "../output/io.ts";
import { readProblem } from "./config-file.ts";
import { type Given, SettingError } from "./given.ts";
import type { Layer } from "./layers.ts";
import { flagOf, SETTINGS } from "./setting-keys.ts";

/** What TLS to Redis needs in addition to its URL: contents of PEM files, and the name in the server's certificate. */
export interface TlsFiles {
  ca?: string;
  cert?: string;
  key?: string;
  servername?: string;
}

const TLS_KEYS = ["redisCa", "redisCert", "redisKey", "redisServername"] as const;
const PEM = {
  apiCa: "CERTIFICATE",
  redisCa: "CERTIFICATE",
  redisCert: "CERTIFICATE",
  redisKey: "PRIVATE KEY",
} as const;

/**
 * Reads the files that the settings name, for a URL that begins with `rediss`; undefined when there are none. Rejects
 * with a PushCliError about the setting whose file is invalid.
 */
export async function loadTlsFiles(given: Layer, redisUrl: string): Promise<TlsFiles | undefined> {
  if (!isTls(redisUrl) || TLS_KEYS.every((key) => given[key] === undefined)) return undefined;
  const { redisCert, redisKey, redisServername } = given;
  const lonely = redisCert && !redisKey ? "redisKey" : redisKey && !redisCert ? "redisCert" : undefined;
  if (lonely) {
    const { origin } = (redisCert ?? redisKey) as Given;
    throw new SettingError(origin, " is set without its counterpart", {
      hint: `a certificate needs its key and vice versa: also set ${flagOf(lonely)} or ${SETTINGS[lonely].env}`,
    });
  }
  const files: TlsFiles = {
    ...(given.redisCa && { ca: await readPem("redisCa", given.redisCa) }),
    ...(redisCert && { cert: await readPem("redisCert", redisCert) }),
    ...(redisKey && { key: await readPem("redisKey", redisKey) }),
  };
  await checkTogether(files);
  return { ...files, ...(redisServername && { servername: redisServername.value }) };
}

/**
 * The certificates to trust in addition to Node's built-in ones. They include those of NODE_EXTRA_CA_CERTS: Node only
 * adds them to its own if no others are given. Rejects with a PushCliError about an invalid file.
 */
export async function loadApiCas(given: Given, env: Io["env"]): Promise<string[]> {
  const cas = [await readPem("apiCa", given)];
  await checkCas(cas, given);
  const extra = env.NODE_EXTRA_CA_CERTS;
  // Node itself warns about a file that it can't read, and continues.
  if (extra)
    cas.push(
      ...(await readFile(extra, "utf8").then(
        (text) => [text],
        () => [],
      )),
    );
  return cas;
}

async function checkCas(cas: string[], { value, origin }: Given): Promise<void> {
  const { createSecureContext } = await import("node:tls");
  try {
    createSecureContext({ ca: cas });
  } catch (error) {
    throw new SettingError(origin, `: "${value}" can't be used: ${messageOf(error)}`, {
      hint: SETTINGS.apiCa.hint,
    });
  }
}

/** Warnings about settings from this command line or environment that have no effect for a URL without TLS. */
export function unusedTls(given: Layer, redisUrl: string): string[] {
  if (isTls(redisUrl)) return [];
  return TLS_KEYS.flatMap((key) => given[key]?.origin.name ?? []).map(
    (name) => `${name} has no effect: the Redis URL does not use rediss://`,
  );
}

function isTls(redisUrl: string): boolean {
  return redisUrl.startsWith("rediss");
}

async function readPem(key: keyof typeof PEM, { value, origin }: Given): Promise<string> {
  const fail = (problem: string, cause?: unknown) =>
    new SettingError(origin, `: ${problem}`, { hint: SETTINGS[key].hint, cause });
  const text = await readFile(value, "utf8").catch((error: unknown) => {
    throw fail(`cannot read "${value}": ${readProblem(error)}`, error);
  });
  if (new RegExp(`-----BEGIN [A-Z ]*${PEM[key]}-----`).test(text)) return text;
  throw fail(`"${value}" contains no PEM ${PEM[key].toLowerCase()}`);
}

/** OpenSSL's own check, which includes whether the key belongs to the certificate. */
async function checkTogether(files: TlsFiles): Promise<void> {
  const { createSecureContext } = await import("node:tls");
  try {
    createSecureContext(files);
  } catch (error) {
    throw new PushCliError("config", `invalid TLS files for Redis: ${messageOf(error)}`, {
      hint: "use complete PEM files, and the certificate's own key without a passphrase",
    });
  }
}
