import { createHash } from "node:crypto";
import { PushCliError } from "../../errors.ts";
import type { StoreGuard, TokenKeeper, TokenMode, TokenStoreChoice } from "../../token/ports.ts";
import { escapeGlob } from "../keys.ts";
import type { FormName, FRESH } from "../token-form.ts";

/** The account of the token. `mode` is the requested one: all SDKs here are for WeChat, which has both. */
export interface Account {
  appid: string;
  appsecret: string | undefined;
  mode: TokenMode;
}

/** How an SDK stores the token in Redis. */
export interface TokenLayout {
  guard: StoreGuard;
  whyReadOnly?: string;
  elsewhere?: string;
  /** Throws a `credentials` error if it needs a secret that is not set. */
  keyOf(account: Account): string;
  /** The key for display. */
  shownKeyOf(account: Account): string;
  /** The SDK's own lock, if it has one in Redis. */
  lockOf?(account: Account): string;
  /** The forms that the SDK itself writes; the first one is used if there is no value to imitate. */
  forms: readonly (FormName & keyof typeof FRESH)[];
  /** ACL patterns for the keys. */
  patterns: readonly string[];
}

const BUILDERS: {
  readonly [keeper in Exclude<TokenKeeper, "push-cli">]: (argument?: string) => TokenLayout;
} = {
  wxjava,
  "wxjava-redisson": wxjavaRedisson,
  silenceper,
  wechatpy,
  powerwechat,
  key: (name = "") => namedKey(name),
};

export function layoutOf({ keeper, argument }: TokenStoreChoice): TokenLayout | undefined {
  return keeper === "push-cli" ? undefined : BUILDERS[keeper](argument);
}

/**
 * WxJava with Jedis or a StringRedisTemplate: the bare token, with a TTL that ends 200 s before the token does; a lock is
 * taken before each refresh (`WxJavaLocks`). `wa` is the starters' prefix. Source: WxMaRedisBetterConfigImpl.java,
 * JedisWxRedisOps.java and RedisTemplateWxRedisOps.java (repository xz-wtx/WxJava, a fork with the history of
 * binarywang/WxJava); the starters' README, `wx.miniapp.config-storage.key-prefix`.
 */
function wxjava(prefix = "wa"): TokenLayout {
  return {
    guard: "locked",
    elsewhere:
      "with Redisson, WxJava keeps it under another key: --token-store wxjava-redisson; another key-prefix is given as wxjava=<prefix>",
    ...plainKey(`${prefix}:access_token:`),
    lockOf: ({ appid }) => `${prefix}:lock:${appid}:accessTokenLock`,
    forms: ["raw"],
    patterns: [`${escapeGlob(prefix)}:access_token:*`, `${escapeGlob(prefix)}:lock:*`],
  };
}

/**
 * WxJava with Redisson. Values are encoded by the client's codec: the default ones are binary, and when the key is empty the
 * codec of the backend is unknown, so nothing is written; its lock, a HASH with a channel for waiting clients, is not
 * touched. Source: WxMaRedissonConfigImpl.java (binarywang/WxJava), RedissonWxRedisOps.java (xz-wtx/WxJava),
 * RedissonLock.java (redisson/redisson).
 */
function wxjavaRedisson(prefix = ""): TokenLayout {
  const before = prefix === "" || prefix.endsWith(":") ? prefix : `${prefix}:`;
  return {
    guard: "read-only",
    whyReadOnly:
      "Redisson writes values with a codec that the backend chooses, which push-cli can't know when the key is empty",
    elsewhere:
      prefix === ""
        ? "the starters put a prefix before the key: --token-store wxjava-redisson=wa"
        : "a token in one of Redisson's binary codecs can't be read: set StringCodec there",
    ...plainKey(`${before}wechat_ma_access_token_key:`),
    forms: [],
    patterns: [`${escapeGlob(before)}wechat_ma_access_token_key:*`],
  };
}

/**
 * silenceper/wechat: the bare token since its cache uses go-redis (2022); before that a JSON text (redigo), whose Get ignores
 * a bare one; so bare is right if there is no value. Two keys, one per endpoint. Its lock is a mutex within the process. TTL:
 * 1500 s (stable: 300 s) less than the token's lifetime. Source: credential/default_access_token.go, cache/redis.go,
 * cache/goredis.go (silenceper/wechat).
 */
function silenceper(prefix = "gowechat_miniprogram_"): TokenLayout {
  const keyOf = ({ appid, mode }: Account) =>
    `${prefix}${mode === "stable" ? "_stable" : ""}_access_token_${appid}`;
  return {
    guard: "unlocked",
    elsewhere: "the SDK has a key for each endpoint: --token-mode basic and stable look at one each",
    keyOf,
    shownKeyOf: keyOf,
    forms: ["raw", "json-text"],
    patterns: [`${escapeGlob(prefix)}*_access_token_*`],
  };
}

/**
 * wechatpy: json.dumps of the token; the TTL is the token's full lifetime. No lock. Source: wechatpy/session/redisstorage.py,
 * wechatpy/client/base.py (wechatpy/wechatpy).
 */
function wechatpy(prefix = "wechatpy"): TokenLayout {
  const keyOf = ({ appid }: Account) => `${prefix}:${appid}_access_token`;
  return {
    guard: "unlocked",
    elsewhere: "another prefix of its RedisStorage is given as wechatpy=<prefix>",
    keyOf,
    shownKeyOf: keyOf,
    forms: ["json-text"],
    patterns: [`${escapeGlob(prefix)}:*_access_token`],
  };
}

/**
 * PowerWeChat 2 and 3: {"access_token","expires_in"}, both of which its reader needs; the TTL is the token's full lifetime.
 * The key ends in the MD5 of appid and secret, whose first letters are shown. No lock. Source: src/kernel/accessToken.go,
 * src/miniProgram/auth/accessToken.go, src/kernel/response/getToken.go (ArtisanCloud/PowerWeChat), cache/redis.go
 * (ArtisanCloud/PowerLibs).
 */
function powerwechat(): TokenLayout {
  const prefix = "powerwechat.access_token.";
  const digest = (account: Account) =>
    createHash("md5")
      .update(`${account.appid}${secretOf(account, "powerwechat")}`)
      .digest("hex");
  return {
    guard: "unlocked",
    keyOf: (account) => `${prefix}${digest(account)}`,
    shownKeyOf: (account) => `${prefix}${digest(account).slice(0, 6)}...`,
    forms: ["json-object"],
    patterns: [`${prefix}*`],
  };
}

/**
 * A key given by name, with `{appid}` and `{secret}` filled in: EasyWeChat's contains the secret
 * (src/OfficialAccount/AccessToken.php, w7corp/easywechat), after a prefix that depends on the configured cache. Any form is
 * read; bare tokens are written.
 */
function namedKey(name: string): TokenLayout {
  const fill = (appid: string, secret: string) =>
    name.replaceAll("{appid}", () => appid).replaceAll("{secret}", () => secret);
  const pattern = name.split(/\{appid\}|\{secret\}/).map(escapeGlob);
  return {
    guard: "unlocked",
    keyOf: (account) =>
      fill(account.appid, name.includes("{secret}") ? secretOf(account, "key=...{secret}") : ""),
    shownKeyOf: ({ appid, appsecret }) => {
      const shown = fill(appid, "{secret}");
      return appsecret ? shown.replaceAll(appsecret, "{secret}") : shown;
    },
    forms: ["raw"],
    patterns: [pattern.join("*")],
  };
}

function plainKey(before: string): Pick<TokenLayout, "keyOf" | "shownKeyOf"> {
  const keyOf = ({ appid }: Account) => `${before}${appid}`;
  return { keyOf, shownKeyOf: keyOf };
}

function secretOf({ appsecret }: Account, store: string): string {
  if (appsecret !== undefined) return appsecret;
  throw new PushCliError(
    "credentials",
    `--token-store ${store} makes the key from the appsecret, which is not given`,
    {
      hint: "set PUSH_CLI_APPSECRET (or PUSH_CLI_APPSECRET_FILE)",
    },
  );
}
