/**
 * Values as the SDKs write them, `token` in the place of the token.
 *
 * - WxJava: `jedis.psetex(key, ms, value)` and `redisTemplate.opsForValue().set(key, value, ...)` of a StringRedisTemplate
 *   (JedisWxRedisOps.java, RedisTemplateWxRedisOps.java; xz-wtx/WxJava): the bare token.
 * - silenceper/wechat: go-redis' SetEX of a Go string (cache/goredis.go): the bare token; redigo's SETEX of json.Marshal(val)
 *   (cache/redis.go): in quotes.
 * - wechatpy: json.dumps(token) (wechatpy/session/redisstorage.py).
 * - PowerWeChat 3: json.Marshal of ResponseGetToken, whose other fields are `omitempty` (src/kernel/response/getToken.go); 2:
 *   json.Marshal of a HashMap, its keys in order, which comes to the same (src/kernel/accessToken.go).
 */
export const VALUES = {
  wxjava: (token: string) => token,
  silenceper: (token: string) => token,
  silenceperRedigo: (token: string) => `"${token}"`,
  wechatpy: (token: string) => `"${token}"`,
  powerwechat: (token: string, expiresIn = 7200) => `{"access_token":"${token}","expires_in":${expiresIn}}`,
  /** Laravel's cache, for EasyWeChat: serialize(token). */
  easywechat: (token: string) => `s:${token.length}:"${token}";`,
  /** Redisson's Kryo5Codec: a class id, then the characters, the last with its high bit set. Not text. */
  redissonKryo: (token: string) =>
    `\x03${token.slice(0, -1)}${String.fromCharCode(token.charCodeAt(token.length - 1) + 128)}`,
};

export const APPID = "wx0123456789abcdef";
export const SECRET = "0123456789abcdef0123456789abcdef";

/** printf %s wx0123456789abcdef0123456789abcdef0123456789abcdef | md5sum */
export const DIGEST = "9dd2ec3e8fe48143541c4ddbfd61b06a";
