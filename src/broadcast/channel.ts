import type { TokenApi } from "../token/ports.ts";
import type { Errcode, MessageSender } from "./ports.ts";

/** What a message of a channel spends. `none`: nothing is kept in Redis; only the platform knows who may be messaged. */
export type PermissionKind = "code" | "consent" | "none";

/** The noun for counts of permissions: "3 codes", "1 consent". */
export const PERMISSION_NAMES = { code: "code", consent: "consent", none: "right" } as const;

/**
 * Whether a send may be repeated, with the same permission, after an attempt whose outcome is not known. `by_code`:
 * with a code for a single message, which the platform refuses the second time; not with one for several (prepay_id).
 * `always`: the platform recognizes a repeat by the permission's id. `same_day`: with a standing right, of which the
 * platform takes one message per user and day (Beijing time). `ten_minutes`: since the first attempt, by a message id
 * that the sender generates.
 */
export type Repeat = "by_code" | "always" | "same_day" | "ten_minutes" | "never";

/** One named place of a template. */
export interface TemplateField {
  /** As the platform wants it: `keyword1`, `thing1`. */
  name: string;
  /** As the user sees it: 订单号. Absent where the platform does not tell. */
  label?: string;
  /** The only values it takes, where the platform says so. */
  values?: readonly string[];
  /** What the platform shows as an example. */
  example?: string;
  /** The platform's rule for its values, in words, where known: "text, at most 20 characters". */
  takes?: string;
}

/** A template of the account, as the platform lists it. */
export interface Template {
  id: string;
  title: string;
  kind: "one-time" | "long-term" | "device" | "unknown";
  fields: readonly TemplateField[];
}

/** The account's templates. */
export interface TemplateList {
  templates: readonly Template[];
  /** Why the list may be out of date, and how old it is. */
  doubt?: string | undefined;
}

/** The message of a broadcast on any channel. Kept in the broadcast's record. */
export interface Message {
  templateId: string;
  /** The template's title, where known; only for display. */
  title?: string | undefined;
  /** In the order in which the user sees them. Values may hold `{{column}}`, filled in for each recipient. */
  fields: readonly MessageField[];
  page?: string | undefined;
  /** It is sent to all listed users: no permissions are kept in Redis, and none is claimed. */
  withoutPool?: boolean | undefined;
  /** Columns of the recipients' rows that its texts use. Absent: everybody gets the same texts. */
  columns?: readonly string[] | undefined;
  /** Each recipient gets the texts of one of them; `fields` are then those of the first. */
  variants?: Variants | undefined;
  /** What only this channel has: `emphasis`, `lang`, `miniprogramState`, `url`. */
  options?: Readonly<Record<string, string>> | undefined;
}

/** Texts to be compared. Which one a recipient gets follows from openId, seed and shares: see `assignVariants`. */
export interface Variants {
  seed: string;
  /** At least two; their shares add up to 1. */
  list: readonly Variant[];
}

export interface Variant {
  name: string;
  /** Of the recipients, from 0 to 1. */
  share: number;
  /** The same fields in all variants, in the same order. */
  fields: readonly MessageField[];
}

export interface MessageField {
  name: string;
  label?: string | undefined;
  /** The only values it takes, where those of recipients are not known yet. */
  values?: readonly string[] | undefined;
  value: string;
}

/** The command line's part of a message, before a channel has looked at it. */
export interface MessageInput {
  templateId: string;
  page?: string | undefined;
  /** Of --keywords: the N-th value belongs to the N-th field. */
  values: readonly string[];
  /** Of --field, by name; excludes `values`. */
  named?: Readonly<Record<string, string>> | undefined;
  options: Readonly<Record<string, string>>;
  /** Columns of the recipients' rows: texts with `{{` are checked by `problemOf` once they are filled in. */
  columns?: readonly string[] | undefined;
  /** Cuts values that are too long, where the channel knows how. */
  truncate?: boolean | undefined;
}

/** Keeps an account's template list between commands, because fetching it has a quota of its own. */
export interface TemplateCache {
  load(appid: string): Promise<string | undefined>;
  save(appid: string, json: string, ttlMs: number): Promise<void>;
}

/** What is wrong, or looks wrong, with a message: an error refuses it, a warning is shown in the preview. */
export interface Problem {
  severity: "error" | "warning";
  what: string;
  hint?: string | undefined;
}

/** What the account says before a broadcast; asking spends nothing. */
export interface Preflight {
  template?: Template | undefined;
  problems: readonly Problem[];
  /** Messages that the platform will still accept today, where it says so. */
  quotaLeft?: number | undefined;
}

/** What the platform says of an access token; asking spends no permission. */
export type TokenCheck =
  | { state: "accepted"; quota?: { limit?: number | undefined; left: number } | undefined }
  /** `isTokenItself`: another token may be accepted; otherwise the account or this host is refused. */
  | { state: "refused"; why: string; hint?: string | undefined; isTokenItself: boolean }
  /** This API has no such call, or gave an answer that is not understood. */
  | { state: "untold"; why: string };

/** The usual shape of ids, for warnings about unusual ones. */
export interface IdShape {
  platform: string;
  form: string;
  fits(id: string): boolean;
}

/**
 * Options that not every channel has. `field`: values by name; `preflight`: checking the account first, which can be
 * skipped.
 */
export type MessageOption =
  | "emphasis"
  | "field"
  | "lang"
  | "miniprogramState"
  | "truncate"
  | "preflight"
  | "oacAppid"
  | "url"
  | "miniprogramAppid";

/** How a channel is described: by `push-cli channels`, in hints, in the README. Needs no account. */
export interface ChannelFacts {
  name: string;
  /** The folder of platforms/ and of sandbox/. */
  platform: string;
  title: string;
  permission: PermissionKind;
  repeat: Repeat;
  /** One sentence: exactly once, at most once ... */
  guarantee: string;
  /** Whether its platform is known to deliver, and as of when. */
  delivers: { today: "yes" | "no" | "not confirmed"; asOf: string; note: string };
  /** What it requires, one item per line. */
  needs: readonly string[];
  /** The platform's limits, one per line. */
  limits: readonly string[];
  /** The options of its messages besides values and page. */
  messageOptions: readonly MessageOption[];
  apiBase: string;
  /** The setting that holds the secret which the platform wants; absent: the appsecret. */
  credential?: "alipayPrivateKey" | undefined;
  /** Prefix of its pool keys, after the key prefix, unless a setting overrides it. */
  poolPrefix: string;
  /** The platform reports later what became of a message, and the collector takes that in. */
  receipts?: true | undefined;
  /** Initial sends per second where bursts are penalized; undefined: as fast as the concurrency allows. */
  startRate?: number | undefined;
  /** Messages that the code of a form brings, which the collector notes of those it takes in; absent: 1. */
  codeUses?: number | undefined;
}

/** A platform and a kind of message. Everything that differs between channels is behind this interface. */
export interface Channel extends ChannelFacts {
  /**
   * Builds a message from the command line's values, as far as possible without the account. `template`: the account's
   * description of it. Throws a usage error that names field, value and limit.
   */
  message(input: MessageInput, template?: Template): Message;
  /** The request's body for one recipient, for previews. */
  render(message: Message, openId: string, permission: string): Record<string, unknown>;
  /** Which rule a field's value breaks in a recipient's own message; undefined when it is valid. */
  problemOf(field: MessageField, message: Message): string | undefined;
  /** The shape of openIds at an API; undefined where any is possible. */
  openIdShape(apiBase: string): IdShape | undefined;
  /** Why a template id looks wrong at an API; `isCertain`: the platform can't have such a template. */
  doubtTemplateId(apiBase: string, templateId: string): { text: string; isCertain: boolean } | undefined;
  /** A known errcode in words. */
  meaningOf(errcode: Errcode): string | undefined;
  /** What an operator can do about it, where that is known. */
  remedyOf?(errcode: Errcode): string | undefined;
}

export interface SenderOptions {
  /** Messages in flight at the same time. */
  concurrency: number;
  /** Limit for the answer; a whole request gets at most twice this. */
  timeoutMs: number;
  /** Part of the message id on platforms that recognize repeats by an id from the sender. */
  broadcastId: string;
}

/** A channel opened for an account, which can ask the platform. */
export interface OpenChannel extends Channel {
  /** Throws a `config` error for an address that can't be used. Absent where requests are signed: there are no tokens. */
  tokenApi?(): TokenApi;
  sender(message: Message, options: SenderOptions): Promise<MessageSender>;
  /**
   * Asks whether a token is valid, and how many messages may still be sent today; absent where the platform has no free
   * call for it. Rejects with an `api` error when there is no answer.
   */
  checkToken?(token: string, timeoutMs: number): Promise<TokenCheck>;
  /** The account's templates; absent where the platform has no such call. */
  templates?(): Promise<TemplateList>;
  /** Checks a message against the account; absent where nothing can be asked. Needs a token. */
  preflight?(message: MessageInput): Promise<Preflight>;
}
