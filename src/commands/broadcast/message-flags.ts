import type { Channel, Message, MessageInput, MessageOption, Template } from "../../broadcast/channel.ts";
import { checkMessage } from "../../broadcast/message.ts";
import { parseCount } from "../../config/durations.ts";
import { usageError } from "../../errors.ts";
import { parseKeywords } from "./keywords.ts";

export interface MessageFlags {
  /** False: --no-keywords. */
  keywords?: string | false;
  keywordsDelimiter?: string;
  page?: string;
  emphasis?: string;
  field?: string[];
  lang?: string;
  miniprogramState?: string;
  oacAppid?: string;
  url?: string;
  miniprogramAppid?: string;
  truncate?: boolean;
  /** False: --no-preflight. */
  preflight?: boolean;
}

/**
 * The command line's part of a message, with its placeholders as they are. Throws a usage error for an option that the
 * channel's messages don't have.
 */
export async function readRawInput(
  channel: Channel,
  templateId: string,
  flags: MessageFlags,
): Promise<MessageInput> {
  for (const [option, flag] of OPTIONS) {
    const isGiven = option === "preflight" ? flags.preflight === false : flags[option] !== undefined;
    if (isGiven && !channel.messageOptions.includes(option)) throw notOf(channel, flag);
  }
  const { keywords, keywordsDelimiter, page, field, truncate, emphasis } = flags;
  const options: Record<string, string> = {};
  if (emphasis !== undefined)
    options.emphasis = `${parseCount(emphasis, { name: "--emphasis", min: 1, max: 99 })}`;
  for (const option of PLAIN_OPTIONS) {
    const given = flags[option];
    if (given !== undefined) options[option] = given;
  }
  const values = typeof keywords === "string" ? await parseKeywords(keywords, keywordsDelimiter) : [];
  const named = field && parseFields(field);
  return { templateId, page, values, named, options, truncate };
}

/** The message of that input, as far as the channel can tell. Throws a usage error for what it can't take. */
export function makeMessage(channel: Channel, input: MessageInput, template?: Template): Message {
  const message = checkMessage(channel.message(input, template));
  return input.columns ? { ...message, columns: input.columns } : message;
}

const OPTIONS: readonly (readonly [MessageOption, string])[] = [
  ["emphasis", "--emphasis"],
  ["field", "--field"],
  ["lang", "--lang"],
  ["miniprogramState", "--miniprogram-state"],
  ["truncate", "--truncate"],
  ["preflight", "--no-preflight"],
  ["oacAppid", "--oac-appid"],
  ["url", "--url"],
  ["miniprogramAppid", "--miniprogram-appid"],
];

/** Those that the channel reads as they are given. */
const PLAIN_OPTIONS = ["lang", "miniprogramState", "oacAppid", "url", "miniprogramAppid"] as const;

function notOf({ name }: Channel, flag: string): Error {
  return usageError(`${flag} does not apply to ${name} messages`, "omit it, or choose another --channel");
}

/** Of `name=value`; a value may have any `=`. */
function parseFields(texts: readonly string[]): Record<string, string> {
  const named = new Map<string, string>();
  for (const text of texts) {
    const at = text.indexOf("=");
    if (at < 1) {
      throw usageError(
        `--field '${text}' is not name=value`,
        "use --field 'thing1=...' 'time2=...', with the template id before it or after --",
      );
    }
    const name = text.slice(0, at).trim();
    if (named.has(name)) throw usageError(`--field sets ${name} twice`, "remove one of them");
    named.set(name, text.slice(at + 1));
  }
  return Object.fromEntries(named);
}

/**
 * The message as it is with --no-pool, or where a channel has no pools. Throws a usage error where a permission is the
 * platform's own key, and where nobody is listed.
 */
export function withPool(
  channel: Channel,
  message: Message,
  { pool, to, toFile }: { pool?: boolean; to?: string[]; toFile?: string },
): Message {
  const { name, permission, repeat } = channel;
  if (pool !== false && permission !== "none") return message;
  if (permission === "code" || repeat === "always") throw notOf(channel, "--no-pool");
  if (to === undefined && toFile === undefined) {
    const why = permission === "none" ? `${name} has no pools, so it` : "--no-pool";
    throw usageError(`${why} requires a list of recipients`, "add --to or --to-file");
  }
  return { ...message, withoutPool: true };
}
