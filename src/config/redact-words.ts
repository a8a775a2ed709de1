import { redactHookUrl } from "./hook-url.ts";
import { redactUrl, redactUrls } from "./redact-url.ts";

/** How the values of these flags may be shown: they may be URLs without a scheme, or with characters that end one in a text. */
const REDACTIONS = new Map<string, (value: string) => string>([
  ["--notify", redactHookUrl],
  ["--ping", redactHookUrl],
  ["--redis-url", redactUrl],
  ["--from-redis-url", redactUrl],
  ["--proxy", redactUrl],
  ["--api-base", redactUrl],
]);

/** The words of a command line as they may be shown. */
export function redactWords(words: readonly string[]): string[] {
  return words.map((word, at) => {
    const redact = REDACTIONS.get(words[at - 1] ?? "");
    if (redact) return redact(word);
    const [, flag = "", value = ""] = /^(--[a-z-]+)=(.*)$/s.exec(word) ?? [];
    const redactOwn = REDACTIONS.get(flag);
    return redactOwn ? `${flag}=${redactOwn(value)}` : redactUrls(word);
  });
}
