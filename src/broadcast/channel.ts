import type { TokenApi } from "../token/ports.ts";
import type { Errcode, MessageSender } from "./ports.ts";

/** What a message of a channel spends. `none`: nothing is kept here, the platform alone knows whom it lets message. */
export type PermissionKind = "code" | "consent" | "none";

/** What a team's permissions are called where they are told in numbers: "3 codes", "1 consent". */
export const PERMISSION_NAMES = { code: "code", consent: "consent", none: "right" } as const;

/** Which keys and scripts claims and `pool` use. Data: key names and Lua stay in redis/. */
export type PoolFamily = { kind: "code" } | { kind: "consent"; templateId: string } | { kind: "none" };

/**
 * Whether a send may be repeated, with the same permission, after an attempt whose outcome is not known. `by_code`: with a
 * code for a single message, which the platform refuses the second time; not with one for several (prepay_id). `always`:
 * the permission's id is what the platform knows a repeat by. `same_day`: the platform takes one message a user and day, of
 * Beijing's days. `ten_minutes`: since the first attempt, by an id of the message that the sender makes.
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
  /** What may stand in it, in words, where the platform's rules are known: "text, at most 20 characters". */
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
  /** Why this is not what the platform says just now, and how old it is. */
  doubt?: string | undefined;
}

/** What every recipient gets, whatever the channel. Kept in the record of the broadcast. */
export interface Message {
  templateId: string;
  /** The title and labels of the template, where they are known, for those who look at it. */
  title?: string | undefined;
  /** In the order in which the user sees them. Values may hold `{{column}}`, filled in for each recipient. */
  fields: readonly MessageField[];
  page?: string | undefined;
  /** It goes to whoever is listed: no permission is kept here, and none is claimed. */
  withoutPool?: boolean | undefined;
  /** Columns of the recipients' rows that its texts name. Absent: its texts are what everybody gets. */
  columns?: readonly string[] | undefined;
  /** What only this channel has: `emphasis`, `lang`, `miniprogramState`. */
  options?: Readonly<Record<string, string>> | undefined;
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
  /** Columns of the recipients' rows: texts that hold `{{` are nobody's yet, and looked at by `problemOf` once they are. */
  columns?: readonly string[] | undefined;
  /** Cuts values that are too long, where the channel knows how. */
  truncate?: boolean | undefined;
}

/** Where an account's template list is kept between commands: asking for it has a quota of its own. */
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

/** What the account says before a broadcast; nothing is spent by asking. */
export interface Preflight {
  template?: Template | undefined;
  problems: readonly Problem[];
  /** Messages that the platform still takes today, where it tells. */
  quotaLeft?: number | undefined;
}

/** What the platform says of an access token; asking spends no permission. */
export type TokenCheck =
  | { state: "accepted"; quota?: { limit?: number | undefined; left: number } | undefined }
  /** `isTokenItself`: another token may be taken; otherwise the account or this host is not let in. */
  | { state: "refused"; why: string; hint?: string | undefined; isTokenItself: boolean }
  /** This API has no such call, or answers something else. */
  | { state: "untold"; why: string };

/** Shapes of ids, for doubts about those given. */
export interface IdShape {
  platform: string;
  form: string;
  fits(id: string): boolean;
}

/** What not every channel's messages have. `field`: values by name; `preflight`: a look at the account beforehand, which can be left out. */
export type MessageOption = "emphasis" | "field" | "lang" | "miniprogramState" | "truncate" | "preflight";

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
  /** What one needs for it, a line each. */
  needs: readonly string[];
  /** What the platform limits, a line each. */
  limits: readonly string[];
  /** What may be said of a message beside its values and page. */
  messageOptions: readonly MessageOption[];
  apiBase: string;
  /** The setting that holds the secret which the platform wants; absent: the appsecret. */
  credential?: "alipayPrivateKey" | undefined;
  /** Of the keys of its pools, behind the key prefix, unless a setting says otherwise. */
  poolPrefix: string;
  /** Sends a second to begin with, where bursts cost; undefined: as fast as the concurrency allows. */
  startRate?: number | undefined;
}

/** A platform and a kind of message. All that differs between channels stands behind this. */
export interface Channel extends ChannelFacts {
  family(templateId: string): PoolFamily;
  /**
   * Makes a message of the command line's values, as far as that goes without the account. `template`: what the account
   * says of it. Throws a usage error that names field, value and limit.
   */
  message(input: MessageInput, template?: Template): Message;
  /** The request's body for one recipient, for those who look at it. */
  render(message: Message, openId: string, permission: string): Record<string, unknown>;
  /** What a value of a field breaks, in a recipient's own message: undefined when it fits. */
  problemOf(field: MessageField, message: Message): string | undefined;
  /** What openIds look like at an API; undefined where any may be right. */
  openIdShape(apiBase: string): IdShape | undefined;
  /** What speaks against a template id at an API; certain where the platform can have no such template. */
  doubtTemplateId(apiBase: string, templateId: string): { text: string; isCertain: boolean } | undefined;
  /** A known errcode in words. */
  meaningOf(errcode: Errcode): string | undefined;
}

export interface SenderOptions {
  /** Messages in flight at the same time. */
  concurrency: number;
  /** For the answer; a whole request gets at most twice this. */
  timeoutMs: number;
  /** Of which an id is made where the platform knows repeats by one of the sender's. */
  broadcastId: string;
}

/** A channel with an account of it: what asks the platform. */
export interface OpenChannel extends Channel {
  /** Throws a `config` error for an address that can't be used. Absent where requests are signed: there are no tokens. */
  tokenApi?(): TokenApi;
  sender(message: Message, options: SenderOptions): Promise<MessageSender>;
  /**
   * Asks whether a token is good, and how many messages may still be sent today; absent where the platform has no call that
   * is free. Rejects with an `api` error when there is no answer.
   */
  checkToken?(token: string, timeoutMs: number): Promise<TokenCheck>;
  /** The account's templates; absent where the platform has no such call. */
  templates?(): Promise<TemplateList>;
  /** Looks at a message with what the account says; absent where nothing can be asked. Needs a token. */
  preflight?(message: MessageInput): Promise<Preflight>;
}
