/** A token as backends keep it in Redis, and how another one is written in the same form. */
export interface StoredForm {
  token: string;
  wrap(token: string): string;
}

/** Printable, and without what only wrappings have: quotes, braces and backslashes. */
const TOKEN = /^[!#-&(-[\]-z|~]+$/;
const JAVA_STRING = /^\xac\xed\x00\x05t(.)(.)/s;
const PHP_STRING = /^s:(\d+):"(.*)";$/s;

/**
 * The token in a value of Redis, one character a byte; undefined when it is in no form that is known. Raw is how WxJava
 * and push-cli keep it. Besides: JSON text (wechatpy, GenericJackson2JsonRedisSerializer), a JSON object with an
 * `access_token`, a string of PHP's serialize() (EasyWeChat) or of Java's serialization (RedisTemplate as it comes).
 */
export function readStoredToken(value: string): StoredForm | undefined {
  const text = value.trim();
  const form = javaForm(value) ?? phpForm(text) ?? jsonForm(text);
  if (form) return TOKEN.test(form.token) ? form : undefined;
  return TOKEN.test(text) && !/^s:\d+:/.test(text) ? { token: text, wrap: (token) => token } : undefined;
}

function javaForm(value: string): StoredForm | undefined {
  const head = JAVA_STRING.exec(value);
  if (!head) return undefined;
  const length = head[1]!.charCodeAt(0) * 256 + head[2]!.charCodeAt(0);
  const token = value.slice(head[0].length);
  return { token: token.length === length ? token : "", wrap: wrapJava };
}

function wrapJava(token: string): string {
  return `\xac\xed\x00\x05t${String.fromCharCode(token.length >> 8, token.length & 0xff)}${token}`;
}

function phpForm(text: string): StoredForm | undefined {
  const [, length, token = ""] = PHP_STRING.exec(text) ?? [];
  if (length === undefined) return undefined;
  return {
    token: token.length === Number(length) ? token : "",
    wrap: (next) => `s:${next.length}:"${next}";`,
  };
}

function jsonForm(text: string): StoredForm | undefined {
  if (!/^["{]/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "string") return { token: value, wrap: (token) => JSON.stringify(token) };
    const fields = value as Record<string, unknown>;
    const token = typeof fields.access_token === "string" ? fields.access_token : "";
    return { token, wrap: (next) => JSON.stringify({ ...fields, access_token: next }) };
  } catch {
    return undefined; // what looks like JSON and is none
  }
}
