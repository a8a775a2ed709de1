import type { LogFields } from "../log.ts";

/** Shorter "secrets" are test values, and would occur in many words. */
const MIN_LENGTH = 4;
const HIDDEN = "***";

/** Removes secrets from texts: those it was given, and the parts of URLs that hold passwords and tokens. */
export interface Hiding {
  hide(secret: string): void;
  text(text: string): string;
  /** Including texts in arrays and objects. */
  fields(fields: LogFields): LogFields;
}

/** `redact`: removes secrets that can be recognized in a text. */
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
      // The longest first: removing a shorter one contained in it would leave part of a secret.
      forms = [...new Set([...forms, ...formsOf(secret)])].sort((a, b) => b.length - a.length);
    },
    text,
    fields,
  };
}

/** Unchanged, and as written in URLs, forms and JSON. */
function formsOf(secret: string): string[] {
  // Converting to bytes replaces half a surrogate pair, which would throw.
  const encoded = encodeURIComponent(Buffer.from(secret).toString());
  return [secret, encoded, encoded.replaceAll("%20", "+"), JSON.stringify(secret).slice(1, -1)];
}
