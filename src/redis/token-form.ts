/** How a value holds a token; of the JSON forms, `json-text` is a quoted string and `json-object` has it in a field. */
export type FormName = "raw" | "json-text" | "json-object" | "php" | "java";

/** A token as stored in Redis by backends, and how to write another one in the same form. */
export interface StoredForm {
  name: FormName;
  token: string;
  /** Epoch ms; if the value itself states it. */
  expiresAtMs?: number;
  /** `lifeSec`: the lifetime of the new token, for forms that state it. */
  wrap: Wrap;
}

export type Wrap = (token: string, lifeSec: number) => string;

/** Printable, and without the characters that only appear in wrapped values: quotes, braces and backslashes. */
const TOKEN = /^[!#-&(-[\]-z|~]+$/;
const JAVA_STRING = /^\xac\xed\x00\x05t(.)(.)/s;
const PHP_STRING = /^s:(\d+):"(.*)";$/s;
const TOKEN_FIELDS = ["access_token", "accessToken"];
const EXPIRY_FIELDS = ["expires_at", "expiresAt", "expire_time", "expireTime"];
/** Epochs from here on are in ms: in seconds that would be the year 5138. */
const FIRST_MS = 1e11;

/** How a token is written if there is no value to imitate. */
export const FRESH: { readonly [name in "raw" | "json-text" | "json-object"]: Wrap } = {
  raw: (token) => token,
  "json-text": (token) => JSON.stringify(token),
  "json-object": (token, lifeSec) => JSON.stringify({ access_token: token, expires_in: lifeSec }),
};

/**
 * The token in a value of Redis, one character per byte; undefined when it is in no known form. WxJava and push-cli store
 * it raw. Other forms: JSON text (wechatpy, GenericJackson2JsonRedisSerializer), a JSON object with an `access_token`
 * (PowerWeChat), a string of PHP's serialize() (EasyWeChat) or of Java serialization (the default of RedisTemplate).
 */
export function readStoredToken(value: string): StoredForm | undefined {
  const text = value.trim();
  const form = javaForm(value) ?? phpForm(text) ?? jsonForm(text);
  if (form) return TOKEN.test(form.token) ? form : undefined;
  return TOKEN.test(text) && !/^s:\d+:/.test(text)
    ? { name: "raw", token: text, wrap: FRESH.raw }
    : undefined;
}

function javaForm(value: string): StoredForm | undefined {
  const head = JAVA_STRING.exec(value);
  if (!head) return undefined;
  const length = head[1]!.charCodeAt(0) * 256 + head[2]!.charCodeAt(0);
  const token = value.slice(head[0].length);
  return { name: "java", token: token.length === length ? token : "", wrap: wrapJava };
}

function wrapJava(token: string): string {
  return `\xac\xed\x00\x05t${String.fromCharCode(token.length >> 8, token.length & 0xff)}${token}`;
}

function phpForm(text: string): StoredForm | undefined {
  const [, length, token = ""] = PHP_STRING.exec(text) ?? [];
  if (length === undefined) return undefined;
  return {
    name: "php",
    token: token.length === Number(length) ? token : "",
    wrap: (next) => `s:${next.length}:"${next}";`,
  };
}

function jsonForm(text: string): StoredForm | undefined {
  if (!/^["{]/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "string") return { name: "json-text", token: value, wrap: FRESH["json-text"] };
    return objectForm(value as Record<string, unknown>);
  } catch {
    return undefined; // looks like JSON, but is invalid
  }
}

function objectForm(fields: Record<string, unknown>): StoredForm {
  const field = TOKEN_FIELDS.find((name) => typeof fields[name] === "string") ?? "";
  const expiry = EXPIRY_FIELDS.map((name) => fields[name]).find((value) => typeof value === "number");
  return {
    name: "json-object",
    token: String(fields[field] ?? ""),
    ...(typeof expiry === "number" && { expiresAtMs: expiry < FIRST_MS ? expiry * 1000 : expiry }),
    wrap: (next, lifeSec) =>
      JSON.stringify({
        ...fields,
        [field]: next,
        // The old value is the lifetime of the token being replaced.
        ...("expires_in" in fields && { expires_in: lifeSec }),
      }),
  };
}
