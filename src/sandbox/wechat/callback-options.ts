import { usageError } from "../../errors.ts";
import { isObject } from "../json.ts";

/** Where the platform posts its events, and how. */
export interface CallbackOptions {
  /** http or https. */
  url: string;
  /** Of the signatures; "sandboxToken" unless given. */
  token?: string;
  /** json unless given. */
  format?: "json" | "xml";
  /** EncodingAESKey, 43 characters: with it events come encrypted ("safe mode"). */
  aesKey?: string;
  /** Plain and encrypted in one body. */
  compatible?: boolean;
  /** As WeChat's cloud hosting pushes: not signed, with a header of its own; asked for its path instead of an echo. */
  cloudHosting?: boolean;
  /** An event comes so late at most, and a fiftieth of it at least; 5 s unless given. */
  delayMs?: number;
  /** Percentage of the events that come a second time; 10 unless given. */
  twicePercent?: number;
  /** Percentage of the receipts that join an event of the same user that waits; 50 unless given. */
  joinPercent?: number;
  /** Percentage of the messages that are accepted and then fail: not delivered, and their receipt says so. */
  failPercent?: number;
  /** Percentage of the events before which an unrelated one comes. */
  strayPercent?: number;
  /** Percentage of the events in XML whose ids have line breaks around them; 20 unless given. */
  paddedPercent?: number;
  /** An event that is not answered in that time comes again, three times in all; 5 s unless given. */
  answerMs?: number;
}

export type Callback = Required<Omit<CallbackOptions, "aesKey">> & { aesKey: string | undefined };

/** Fills in the defaults. Throws a usage error on what can't be. */
export function resolveCallback(options: CallbackOptions): Callback {
  const callback: Callback = {
    url: options.url,
    token: options.token ?? "sandboxToken",
    format: options.format ?? "json",
    aesKey: options.aesKey,
    compatible: options.compatible ?? false,
    cloudHosting: options.cloudHosting ?? false,
    delayMs: options.delayMs ?? 5000,
    twicePercent: options.twicePercent ?? 10,
    joinPercent: options.joinPercent ?? 50,
    failPercent: options.failPercent ?? 0,
    strayPercent: options.strayPercent ?? 0,
    paddedPercent: options.paddedPercent ?? 20,
    answerMs: options.answerMs ?? 5000,
  };
  requireUrl(callback.url);
  if (callback.aesKey !== undefined && !/^[A-Za-z\d+/]{43}$/.test(callback.aesKey))
    throw usageError(
      "the key of the callback is not an EncodingAESKey",
      "it has 43 characters: A-Z a-z 0-9 + /",
    );
  if (callback.compatible && callback.aesKey === undefined)
    throw usageError("the compatible mode of the callback needs a key", "give an EncodingAESKey");
  if (callback.cloudHosting && callback.aesKey !== undefined)
    throw usageError("cloud hosting encrypts nothing", "give no key with cloudHosting");
  return callback;
}

function requireUrl(url: string): void {
  if (URL.canParse(url) && /^https?:/.test(url)) return;
  throw usageError(`"${url}" is not the address of a callback`, "give an http or https URL");
}

const TYPES: Record<keyof CallbackOptions, (value: unknown) => boolean> = {
  url: isText,
  token: isText,
  format: (value) => value === "json" || value === "xml",
  aesKey: isText,
  compatible: (value) => typeof value === "boolean",
  cloudHosting: (value) => typeof value === "boolean",
  delayMs: isAmount,
  twicePercent: isAmount,
  joinPercent: isAmount,
  failPercent: isAmount,
  strayPercent: isAmount,
  paddedPercent: isAmount,
  answerMs: isAmount,
};

/** Reads them from JSON; null: no callback. Throws a usage error that names the option. */
export function parseCallback(value: unknown): CallbackOptions | undefined {
  if (value === null) return undefined;
  if (!isObject(value)) throw usageError("the callback is neither a JSON object nor null");
  for (const [name, given] of Object.entries(value)) {
    if (!Object.hasOwn(TYPES, name)) throw usageError(`the callback has no option "${name}"`);
    if (!TYPES[name as keyof CallbackOptions](given))
      throw usageError(`the callback's ${name} can't be ${JSON.stringify(given)}`);
  }
  if (value.url === undefined) throw usageError("the callback has no url");
  return value as unknown as CallbackOptions;
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function isAmount(value: unknown): boolean {
  return typeof value === "number" && value >= 0;
}
