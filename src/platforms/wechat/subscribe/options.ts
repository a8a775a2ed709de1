import type { Message } from "../../../broadcast/channel.ts";
import { usageError } from "../../../errors.ts";

/**
 * The vendor's newest page lists both as required, although it still names their defaults: they are always sent. A type, not
 * an interface, so that it is assignable to a record of options.
 */
export type SubscribeOptions = { lang: string; miniprogramState: string };

const LANGS = ["zh_CN", "en_US", "zh_HK", "zh_TW"];
const STATES = ["formal", "trial", "developer"];

/** The channel's own options, with the platform's defaults. Throws a usage error that names the value. */
export function readOptions(options: Readonly<Record<string, string>>): SubscribeOptions {
  const { lang = "zh_CN", miniprogramState = "formal" } = options;
  return {
    lang: oneOf("--lang", lang, LANGS),
    miniprogramState: oneOf("--miniprogram-state", miniprogramState, STATES),
  };
}

function oneOf(flag: string, value: string, allowed: readonly string[]): string {
  if (allowed.includes(value)) return value;
  throw usageError(`${flag} '${value}' is not known`, `${flag} takes ${allowed.join(", ")}`);
}

/** Whether the values in recipients' rows are truncated to the limits of their fields (--truncate). */
export function cutsOwnTexts({ options }: Pick<Message, "options">): boolean {
  return options?.truncate === "yes";
}
