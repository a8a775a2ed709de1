import { PushCliError } from "../errors.ts";
import { PROXY_HINT, proxyProblem } from "./proxy-url.ts";
import { redactUrl } from "./redact-url.ts";
import { SECRET_KEYS, SECRETS, type SecretKey } from "./secrets.ts";
import { TOKEN_STORE_HINT, tokenStoreProblem } from "./token-store.ts";
import { ageProblem, braceProblem, isApiBase, isRedisUrl, isWord, poolKeyProblem } from "./value-checks.ts";

/** The settings that a flag, the environment or the file may give. */
export const SETTING_KEYS = [
  "redisUrl",
  "redisCa",
  "redisCert",
  "redisKey",
  "redisServername",
  "channel",
  "apiBase",
  "apiCa",
  "proxy",
  "appid",
  ...SECRET_KEYS,
  "keyPrefix",
  "poolPrefix",
  "poolKey",
  "poolKeys",
  "tokenMode",
  "tokenStore",
  "consentCap",
  "consentMaxAge",
  "auditLog",
] as const;
export type SettingKey = (typeof SETTING_KEYS)[number];

export type Source = "flag" | "env" | "file" | "default";

/** Where a value comes from; `name` is what the user has to look for: --redis-url, PUSH_CLI_REDIS_URL, file and key. */
export interface Origin {
  source: Source;
  name: string;
}

/** A value and where it was given. */
export interface Given {
  value: string;
  origin: Origin;
  /** Why there is no value, after all: the secret's file can't be read, or it is given twice. */
  problem?: PushCliError;
}

interface Rule {
  env: string;
  /** Absent for what may not be on the command line. */
  flag?: string;
  /** What is wrong with a value, as the end of a sentence about it. */
  problem(value: string): string | undefined;
  hint: string;
  /** It is the path of a file, from the folder that it was given in. */
  isPath?: true;
  /** The value as messages may quote it; undefined: not at all. */
  quote(value: string): string | undefined;
}

const verbatim = (value: string) => value;
const pathProblem = (value: string) => (value.trim() === "" ? "is empty" : undefined);
const prefixProblem = (value: string) => wordProblem(value) ?? braceProblem(value);
const wordProblem = (value: string) => (isWord(value) ? undefined : "is empty or has white space in it");

export const RULES: Record<SettingKey, Rule> = {
  redisUrl: {
    env: "PUSH_CLI_REDIS_URL",
    flag: "--redis-url",
    problem: (value) => (isRedisUrl(value) ? undefined : "is not a Redis URL"),
    hint: "such as redis://127.0.0.1:6379/0, rediss://user:password@host:6380, /run/redis.sock, redis+cluster://host:port,host:port or redis+sentinel://host:port,host:port/master; in a password, write / @ : # % as %2F %40 %3A %23 %25",
    quote: redactUrl,
  },
  redisCa: {
    env: "PUSH_CLI_REDIS_CA",
    flag: "--redis-ca",
    problem: pathProblem,
    hint: "a PEM file with the certificate of the CA that has signed the Redis' own",
    isPath: true,
    quote: verbatim,
  },
  redisCert: {
    env: "PUSH_CLI_REDIS_CERT",
    flag: "--redis-cert",
    problem: pathProblem,
    hint: "a PEM file with our certificate, for a Redis that wants one",
    isPath: true,
    quote: verbatim,
  },
  redisKey: {
    env: "PUSH_CLI_REDIS_KEY",
    flag: "--redis-key",
    problem: pathProblem,
    hint: "a PEM file with the key of our certificate, without a passphrase",
    isPath: true,
    quote: verbatim,
  },
  redisServername: {
    env: "PUSH_CLI_REDIS_SERVERNAME",
    flag: "--redis-servername",
    problem: wordProblem,
    hint: "the name in the Redis' certificate, when it is not the host of the URL",
    quote: verbatim,
  },
  channel: {
    env: "PUSH_CLI_CHANNEL",
    flag: "--channel",
    problem: (value) => (/^[a-z]+(-[a-z]+)+$/.test(value) ? undefined : "is no channel"),
    hint: "such as wechat-template; push-cli channels lists them",
    quote: verbatim,
  },
  apiBase: {
    env: "PUSH_CLI_API_BASE",
    flag: "--api-base",
    problem: (value) =>
      isApiBase(value) ? undefined : "is not an http or https URL without user, query and fragment",
    hint: "such as https://api.weixin.qq.com",
    quote: redactUrl,
  },
  apiCa: {
    env: "PUSH_CLI_API_CA",
    flag: "--api-ca",
    problem: pathProblem,
    hint: "a PEM file with the certificate of a CA to trust beside Node's own, for the API and for a proxy",
    isPath: true,
    quote: verbatim,
  },
  proxy: {
    env: "PUSH_CLI_PROXY",
    flag: "--proxy",
    problem: proxyProblem,
    hint: PROXY_HINT,
    quote: redactUrl,
  },
  appid: {
    env: "PUSH_CLI_APPID",
    problem: wordProblem,
    hint: "the appid is shown in the console of the mini program",
    quote: verbatim,
  },
  ...secretRules(),
  keyPrefix: {
    env: "PUSH_CLI_KEY_PREFIX",
    flag: "--key-prefix",
    problem: prefixProblem,
    hint: "such as mina:",
    quote: verbatim,
  },
  poolPrefix: {
    env: "PUSH_CLI_POOL_PREFIX",
    flag: "--pool-prefix",
    problem: prefixProblem,
    hint: "such as mina:openid:",
    quote: verbatim,
  },
  poolKey: {
    env: "PUSH_CLI_POOL_KEY",
    flag: "--pool-key",
    problem: poolKeyProblem,
    hint: "the key of a pool with one % for the openId, such as mina:openid:{%}",
    quote: verbatim,
  },
  poolKeys: {
    env: "PUSH_CLI_POOL_KEYS",
    flag: "--pool-keys",
    problem: (value) => (value === "plain" || value === "java" ? undefined : "is no form of keys"),
    hint: "plain (text, the default) or java (as a RedisTemplate without a key serializer writes them)",
    quote: verbatim,
  },
  tokenMode: {
    env: "PUSH_CLI_TOKEN_MODE",
    flag: "--token-mode",
    problem: (value) => (value === "stable" || value === "basic" ? undefined : "is no token mode"),
    hint: "stable (POST /cgi-bin/stable_token, the default) or basic (GET /cgi-bin/token)",
    quote: verbatim,
  },
  tokenStore: {
    env: "PUSH_CLI_TOKEN_STORE",
    flag: "--token-store",
    problem: tokenStoreProblem,
    hint: TOKEN_STORE_HINT,
    quote: verbatim,
  },
  consentCap: {
    env: "PUSH_CLI_CONSENT_CAP",
    flag: "--consent-cap",
    problem: (value) => (/^[1-9]\d{0,5}$/.test(value) ? undefined : "is not a number of consents"),
    hint: "how many consents of a template import keeps for a user, such as 20; without it any number",
    quote: verbatim,
  },
  consentMaxAge: {
    env: "PUSH_CLI_CONSENT_MAX_AGE",
    flag: "--consent-max-age",
    problem: ageProblem,
    hint: "such as 30d or 12h; without it consents never expire, which is the platform's own rule",
    quote: verbatim,
  },
  auditLog: {
    env: "PUSH_CLI_AUDIT_LOG",
    flag: "--audit-log",
    problem: pathProblem,
    hint: "a file that lines are appended to; it is made when it is not there",
    isPath: true,
    quote: verbatim,
  },
};

function secretRules(): Record<SecretKey, Rule> {
  const rules = SECRET_KEYS.map((key) => [key, { ...SECRETS[key], quote: () => undefined }]);
  return Object.fromEntries(rules) as Record<SecretKey, Rule>;
}

/** The error about a value of `key`: a usage error for a flag, else a config error. Undefined when it can be used. */
export function settingProblem(
  key: SettingKey,
  { value, origin, problem: unread }: Given,
): PushCliError | undefined {
  if (unread) return unread;
  const problem = valueProblem(key, value);
  if (problem === undefined) return undefined;
  return new PushCliError(kindOf(origin), `${origin.name}${problem}`, { hint: RULES[key].hint });
}

/** What is wrong with a value of `key`, as a sentence goes on that has named it. Undefined when it can be used. */
export function valueProblem(key: SettingKey, value: string): string | undefined {
  const { problem, quote } = RULES[key];
  const found = problem(value);
  if (found === undefined) return undefined;
  const quoted = quote(value);
  return quoted === undefined ? ` ${found}` : `: "${quoted}" ${found}`;
}

/** How messages name a place in the file: its keys from the outside in. */
export function fileOrigin(path: string, keys: readonly PropertyKey[]): Origin {
  return { source: "file", name: `"${keys.map(String).join(".")}" in "${path}"` };
}

export function kindOf(origin: Origin): "usage" | "config" {
  return origin.source === "flag" ? "usage" : "config";
}
