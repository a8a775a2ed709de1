import type { Setting } from "./setting.ts";
import { wordProblem } from "./value-checks.ts";

const AES_KEY_HINT = "the EncodingAESKey of the message push, as shown in the platform's console";

const KEY_HINT = "one line of base64, as Alipay's console and key tool show it, or a PEM text";

/**
 * The settings that are secrets: each may be stored in a file of its own, no message quotes one, and none can be given in
 * argv.
 */
export const SECRETS = {
  appsecret: {
    env: "PUSH_CLI_APPSECRET",
    fileEnv: "PUSH_CLI_APPSECRET_FILE",
    what: "Appsecret of the mini program",
    problem: wordProblem,
    hint: "the appsecret is a single word without spaces",
  },
  alipayPrivateKey: {
    env: "PUSH_CLI_ALIPAY_PRIVATE_KEY",
    fileEnv: "PUSH_CLI_ALIPAY_PRIVATE_KEY_FILE",
    what: "Private key of the application at Alipay: one line of base64 (PKCS#1, PKCS#8), or PEM",
    problem: keyTextProblem,
    hint: KEY_HINT,
  },
  alipayPublicKey: {
    env: "PUSH_CLI_ALIPAY_PUBLIC_KEY",
    fileEnv: "PUSH_CLI_ALIPAY_PUBLIC_KEY_FILE",
    what: "Alipay's own public key, which its answers are verified by",
    problem: keyTextProblem,
    hint: KEY_HINT,
  },
  notifySecret: {
    env: "PUSH_CLI_NOTIFY_SECRET",
    fileEnv: "PUSH_CLI_NOTIFY_SECRET_FILE",
    what: "Secret that signs notifications of broadcasts",
    problem: wordProblem,
    hint: "the secret that DingTalk or Feishu shows beside the webhook, or one that the receiver knows",
  },
  collectorSecret: {
    env: "PUSH_CLI_COLLECTOR_SECRET",
    fileEnv: "PUSH_CLI_COLLECTOR_SECRET_FILE",
    what: "Secret that signs the session tokens of the collector",
    problem: sessionSecretProblem,
    hint: "it signs the session tokens; generate one: openssl rand -base64 48",
    collectorOnly: true,
    derived: true,
  },
  callbackToken: {
    env: "PUSH_CLI_CALLBACK_TOKEN",
    fileEnv: "PUSH_CLI_CALLBACK_TOKEN_FILE",
    what: "Token of the message push, for the collector's /callback",
    problem: callbackTokenProblem,
    hint: "the Token of the message push, as shown in the platform's console",
    collectorOnly: true,
    derived: true,
  },
  callbackAesKey: {
    env: "PUSH_CLI_CALLBACK_AES_KEY",
    fileEnv: "PUSH_CLI_CALLBACK_AES_KEY_FILE",
    what: "EncodingAESKey of the message push, for encrypted events",
    problem: aesKeyProblem,
    hint: AES_KEY_HINT,
    collectorOnly: true,
    derived: true,
  },
  callbackAesKeyPrevious: {
    env: "PUSH_CLI_CALLBACK_AES_KEY_PREVIOUS",
    fileEnv: "PUSH_CLI_CALLBACK_AES_KEY_PREVIOUS_FILE",
    what: "Previous EncodingAESKey, before its last change",
    problem: aesKeyProblem,
    hint: `the previous EncodingAESKey of the message push, before its last change`,
    collectorOnly: true,
    derived: true,
  },
} as const satisfies Record<string, Setting & { fileEnv: string }>;

/** RFC 7518, 3.2: a key of HS256 has at least the 256 bits of its hash. */
const MIN_SECRET_BYTES = 32;

function sessionSecretProblem(value: string): string | undefined {
  const bytes = Buffer.byteLength(value);
  return bytes < MIN_SECRET_BYTES
    ? `has ${bytes} bytes; at least ${MIN_SECRET_BYTES} are required`
    : undefined;
}

function callbackTokenProblem(value: string): string | undefined {
  return /^[A-Za-z0-9]{3,32}$/.test(value) ? undefined : "is not 3 to 32 letters and digits";
}

/** 43 characters of base64 without the padding are the 32 bytes of a key for AES-256; the console allows letters and digits only. */
function aesKeyProblem(value: string): string | undefined {
  return /^[A-Za-z0-9]{43}$/.test(value) ? undefined : "is not 43 letters and digits";
}

/** Whether it is the right kind of key is checked where it is used. */
function keyTextProblem(value: string): string | undefined {
  const isKey = /^\s*-----BEGIN /.test(value) || /^[A-Za-z0-9+/\s]{40,}={0,2}\s*$/.test(value);
  return isKey ? undefined : "is neither base64 nor PEM";
}
