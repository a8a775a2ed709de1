import { isWord } from "./value-checks.ts";

/** The settings that are secrets: each may stand in a file of its own, no message quotes one, and none comes from argv. */
export const SECRET_KEYS = [
  "appsecret",
  "collectorSecret",
  "callbackToken",
  "callbackAesKey",
  "callbackAesKeyPrevious",
] as const;
export type SecretKey = (typeof SECRET_KEYS)[number];

/** Those that the collector alone has a use for: wrong ones keep no other command from its work. */
export const COLLECTOR_SECRETS = SECRET_KEYS.filter((key) => key !== "appsecret");
export type CollectorSecret = (typeof COLLECTOR_SECRETS)[number];

interface SecretRule {
  env: string;
  /** The variable that names the file instead. */
  fileEnv: string;
  /** What is wrong with a value, as the end of a sentence about it. */
  problem(value: string): string | undefined;
  hint: string;
}

/** RFC 7518, 3.2: a key of HS256 has at least the 256 bits of its hash. */
const MIN_SECRET_BYTES = 32;

const AES_KEY_HINT = "the EncodingAESKey of the message push, as the platform's console shows it";

export const SECRETS: Record<SecretKey, SecretRule> = {
  appsecret: {
    env: "PUSH_CLI_APPSECRET",
    fileEnv: "PUSH_CLI_APPSECRET_FILE",
    problem: (value) => (isWord(value) ? undefined : "is empty or has white space in it"),
    hint: "the appsecret is one word",
  },
  collectorSecret: {
    env: "PUSH_CLI_COLLECTOR_SECRET",
    fileEnv: "PUSH_CLI_COLLECTOR_SECRET_FILE",
    problem: sessionSecretProblem,
    hint: "it signs the session tokens; make one: openssl rand -base64 48",
  },
  callbackToken: {
    env: "PUSH_CLI_CALLBACK_TOKEN",
    fileEnv: "PUSH_CLI_CALLBACK_TOKEN_FILE",
    problem: (value) => (/^[A-Za-z0-9]{3,32}$/.test(value) ? undefined : "is not 3 to 32 letters and digits"),
    hint: "the Token of the message push, as the platform's console shows it",
  },
  callbackAesKey: {
    env: "PUSH_CLI_CALLBACK_AES_KEY",
    fileEnv: "PUSH_CLI_CALLBACK_AES_KEY_FILE",
    problem: aesKeyProblem,
    hint: AES_KEY_HINT,
  },
  callbackAesKeyPrevious: {
    env: "PUSH_CLI_CALLBACK_AES_KEY_PREVIOUS",
    fileEnv: "PUSH_CLI_CALLBACK_AES_KEY_PREVIOUS_FILE",
    problem: aesKeyProblem,
    hint: `${AES_KEY_HINT}; the one before the last change`,
  },
};

export type SecretFileKey = `${SecretKey}File`;

/** The key of a configuration file that names the secret's own file. */
export function secretFileKey<Key extends SecretKey>(key: Key): `${Key}File` {
  return `${key}File`;
}

export function isSecret(key: string): key is SecretKey {
  return SECRET_KEYS.some((secret) => secret === key);
}

export function isCollectorSecret(key: string): key is CollectorSecret {
  return isSecret(key) && key !== "appsecret";
}

function sessionSecretProblem(value: string): string | undefined {
  const bytes = Buffer.byteLength(value);
  return bytes < MIN_SECRET_BYTES ? `has ${bytes} bytes; it needs at least ${MIN_SECRET_BYTES}` : undefined;
}

/** 43 characters of base64 without the padding are the 32 bytes of a key for AES-256. */
function aesKeyProblem(value: string): string | undefined {
  return /^[A-Za-z0-9]{43}$/.test(value) ? undefined : "is not 43 letters and digits";
}
