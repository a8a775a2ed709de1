import { createHash } from "node:crypto";
import { PushCliError } from "../../errors.ts";
import type { StoreGuard, TokenKeeper, TokenMode, TokenStoreChoice } from "../../token/ports.ts";
import { escapeGlob } from "../keys.ts";
import type { FormName, FRESH } from "../token-form.ts";

/** Whose token it is. The mode is the one that was asked for: of the SDKs here all are WeChat's, which has both. */
export interface Account {
  appid: string;
  appsecret: string | undefined;
  mode: TokenMode;
}

/** How an SDK keeps the token in Redis. */
export interface TokenLayout {
  guard: StoreGuard;
  whyReadOnly?: string;
  elsewhere?: string;
  /** Throws a `credentials` error where it takes a secret that is not given. */
  keyOf(account: Account): string;
  /** The key as it may be shown. */
  shownKeyOf(account: Account): string;
  /** The SDK's own lock, if it has one in Redis. */
  lockOf?(account: Account): string;
  /** The forms that the SDK itself writes; the first one where there is nothing to go by. */
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
 * WxJava with Jedis or a StringRedisTemplate: the bare token, with a TTL that ends 200 s before the token does; a lock
 * that is taken before each refresh (`WxJavaLocks`). `wa` is the starters' prefix.
 * Source: WxMaRedisBetterConfigImpl.java, JedisWxRedisOps.java and RedisTemplateWxRedisOps.java (repository
 * xz-wtx/WxJava, a fork with the history of binarywang/WxJava); the starters' README, `wx.miniapp.config-storage.key-prefix`.
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
 * WxJava with Redisson. Values are as the client's codec has them: the default ones are binary, and there is no telling
 * which one a backend has when the key is empty, so nothing is written; and its lock, a HASH with a channel for those who wait, is
 * left alone. Source: WxMaRedissonConfigImpl.java (binarywang/WxJava), RedissonWxRedisOps.java (xz-wtx/WxJava),
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
 * silenceper/wechat: the bare token since its cache is made with go-redis (2022), a JSON text before (redigo), whose Get takes a bare one for
 * nothing; so bare is right where there is nothing. Two keys, one an endpoint. Its lock is a mutex of the process. TTL: 1500 s
 * (stable: 300 s) less than the token's life. Source: credential/default_access_token.go, cache/redis.go, cache/goredis.go
 * (silenceper/wechat).
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
 * wechatpy: json.dumps of the token; the TTL is the token's whole life. No lock. Source: wechatpy/session/redisstorage.py,
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
 * PowerWeChat 2 and 3: {"access_token","expires_in"}, both of which its reader needs; the TTL is the token's whole life.
 * The key ends in the MD5 of appid and secret, of which the first letters are shown. No lock. Source: src/kernel/accessToken.go,
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
 * A key by its name, `{appid}` and `{secret}` filled in: EasyWeChat's has the secret in it
 * (src/OfficialAccount/AccessToken.php, w7corp/easywechat), behind a prefix of whatever cache it is given. Any form is read,
 * bare tokens are written.
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
