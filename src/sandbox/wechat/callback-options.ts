import { usageError } from "../../errors.ts";
import { isObject } from "../json.ts";

/** Where the platform posts its events, and how. */
export interface CallbackOptions {
  /** http or https. */
  url: string;
  /** For the signatures; defaults to "sandboxToken". */
  token?: string;
  /** Defaults to json. */
  format?: "json" | "xml";
  /** EncodingAESKey, 43 characters: with it, events are encrypted ("safe mode"). */
  aesKey?: string;
  /** Plain and encrypted in one body. */
  compatible?: boolean;
  /**
   * Post as WeChat's cloud hosting does: unsigned, with a special header; verified by a check of its path instead of
   * an echo.
   */
  cloudHosting?: boolean;
  /** Maximum delay of an event; the minimum is a fiftieth of it. Defaults to 5 s. */
  delayMs?: number;
  /** Percentage of events that are delivered twice; defaults to 10. */
  twicePercent?: number;
  /** Percentage of receipts that join a waiting event of the same user; defaults to 50. */
  joinPercent?: number;
  /** Percentage of messages that are accepted and then fail: not delivered, and their receipt says so. */
  failPercent?: number;
  /** Percentage of events that are preceded by an unrelated one. */
  strayPercent?: number;
  /** Percentage of XML events whose ids are surrounded by line breaks; defaults to 20. */
  paddedPercent?: number;
  /** An event that is not answered in this time is sent again, three times in all; defaults to 5 s. */
  answerMs?: number;
}

export type Callback = Required<Omit<CallbackOptions, "aesKey">> & { aesKey: string | undefined };

/** Fills in the defaults. Throws a usage error for invalid options. */
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

/** Reads the options from JSON; null: no callback. Throws a usage error that names the option. */
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
