import type { LogFields } from "../log.ts";

/** Shorter "secrets" are test values, and parts of many words. */
const MIN_LENGTH = 4;
const HIDDEN = "***";

/** Takes secrets out of texts: those it was told of, and what stands where URLs have their passwords and tokens. */
export interface Hiding {
  hide(secret: string): void;
  text(text: string): string;
  /** Texts in arrays and objects, too. */
  fields(fields: LogFields): LogFields;
}

/** `redact`: takes out what secrets in a text can be known by. */
export function createHiding(redact: (text: string) => string): Hiding {
  let forms: string[] = [];
  const text = (shown: string): string => {
    let safe = redact(shown);
    for (const form of forms) if (safe.includes(form)) safe = safe.replaceAll(form, HIDDEN);
    return safe;
  };
  const value = (one: unknown): unknown => {
    if (typeof one === "string") return text(one);
    if (Array.isArray(one)) return one.map(value);
    if (typeof one !== "object" || one === null) return one;
    return fields(one as LogFields);
  };
  const fields = (all: LogFields): LogFields =>
    Object.fromEntries(Object.entries(all).map(([name, one]) => [name, value(one)]));
  return {
    hide: (secret) => {
      if (secret.length < MIN_LENGTH) return;
      // The longest first: what is left of one that has another in it would still be half a secret.
      forms = [...new Set([...forms, ...formsOf(secret)])].sort((a, b) => b.length - a.length);
    },
    text,
    fields,
  };
}

/** As it is, and as URLs, forms and JSON write it. */
function formsOf(secret: string): string[] {
  // By way of bytes, half a surrogate pair, which would throw, becomes a character.
  const encoded = encodeURIComponent(Buffer.from(secret).toString());
  return [secret, encoded, encoded.replaceAll("%20", "+"), JSON.stringify(secret).slice(1, -1)];
}
