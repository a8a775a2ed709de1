import type { ListedAudience } from "../../broadcast/audience.ts";
import type { Message } from "../../broadcast/channel.ts";
import { createRenderer, withTexts } from "../../broadcast/values.ts";
import { asVariant } from "../../broadcast/variants.ts";
import { redactUrl } from "../../config/redact-url.ts";
import { PushCliError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatCounted, formatDuration, formatRate } from "../../output/format.ts";
import type { Fact } from "../../output/output.ts";
import { showPoolKey } from "../../pool/place-flags.ts";
import { askFirst, whyNotAsked } from "../ask.ts";
import type { Deps } from "../deps.ts";
import { textFacts } from "./variant-words.ts";

/** Where a broadcast would go: whatever of it is wrong, it is the operator who can tell. */
export async function settingFacts(deps: Deps, { withoutPool }: Message, apiNote = ""): Promise<Fact[]> {
  const settings = await deps.settings();
  const { profile = "(none)", production, appid = "(none)", redisUrl, channel, apiBase } = settings;
  // Without pools, what is read and written are the ledgers, which tell whom a broadcast has reached.
  const keys = `${withoutPool ? "no pools, ledgers" : "pools"} under ${showPoolKey(settings)}`;
  return [
    production ? ["profile", `${profile}, production`, "danger"] : ["profile", profile],
    ["appid", appid],
    ["redis", `${redactUrl(redisUrl)}, ${keys}`],
    ["channel", channel],
    ["API", `${apiBase}${apiNote}`],
  ];
}

interface Shown {
  doubts?: readonly (string | undefined)[];
  /** The recipient with whose values a message is shown that has columns. */
  first?: ListedAudience["first"];
  /** How many users each variant would be sent to, where they were counted. */
  users?: readonly number[] | undefined;
  /** See `textFacts`. */
  isSeedFresh?: boolean;
}

export function messageFacts(
  message: Message,
  { doubts = [], first, users, isSeedFresh }: Shown = {},
): Fact[] {
  const render = createRenderer(asVariant(message, 0));
  const { templateId, title, page, options } =
    render && first ? withTexts(message, render(first.row)) : message;
  const facts: Fact[] = [
    ["template", templateId],
    ...(title ? [["title", title] as Fact] : []),
    ["page", page ?? `(none: ${describeLink(options)})`],
  ];
  if (message.columns) {
    const whose = first ? `; values shown are from line ${first.line} (${first.openId})` : "";
    facts.push(["columns", `${message.columns.join(", ")}${whose}`]);
  }
  for (const doubt of doubts) if (doubt !== undefined) facts.push(["warning", doubt]);
  facts.push(...textFacts(message, { first, users, isSeedFresh }));
  for (const [option, name] of OPTION_FACTS) if (options?.[option]) facts.push([name, options[option]]);
  return facts;
}

const OPTION_FACTS = [
  ["lang", "language"],
  ["miniprogramState", "version"],
  ["miniprogramAppid", "opens mini program"],
  ["url", "opens URL"],
  ["oacAppid", "sent through account"],
] as const;

/** Where a message leads that names no page. */
function describeLink(options: Message["options"] = {}): string {
  if (options.miniprogramAppid) return "the mini program's first page";
  return options.url ? "the message opens a URL" : "the message opens no page";
}

/** How long it will take; nobody can tell how fast the API is before it was asked. */
export function paceFact(sends: number, rate: number | undefined, startRate?: number): Fact {
  if (rate === undefined && startRate !== undefined)
    return ["takes", `starts at ${formatRate(startRate)} and speeds up; --rate sets a maximum`];
  if (rate === undefined) return ["takes", "as fast as the API responds; --rate sets a maximum"];
  return ["takes", `about ${formatDuration((sends / rate) * 1000)} at ${formatRate(rate)}`];
}

export function reportFact(path: string | undefined): Fact {
  return ["report", path === "-" ? "stdout" : (path ?? "none (--report <file> writes a line per recipient)")];
}

export interface Question {
  facts: readonly Fact[];
  /** How many messages it may come to. */
  sends: number;
  /** For more, their number has to be typed. */
  confirmAbove: number;
  /** The question without its question mark: "Send to 5 users". */
  text: string;
  /** What has to be typed, whatever the number; for what is nearly certainly wrong. */
  typed?: string | undefined;
  /** stdin is data: the answer is typed on the terminal all the same. */
  stdinTaken: boolean;
}

/** Shows what is about to happen, and asks. Returns the signal that ended the question; rejects when the answer was no. */
export function askToSend(deps: Deps, question: Question): Promise<ExitName | undefined> {
  const { facts, sends, confirmAbove, text, stdinTaken } = question;
  // Not talk: --quiet must not hide what is asked about.
  deps.out.warnFacts(facts);
  const typed = question.typed ?? (sends > confirmAbove ? sends : undefined);
  return askFirst(deps, `${text}?`, "nothing was sent", {
    stdinTaken,
    ...(typed === undefined ? {} : { typed }),
  });
}

/** Rejects when nobody can be asked and --yes is not given. */
export function checkCanAsk(deps: Deps, flags: { yes?: boolean }, stdinTaken: boolean): void {
  if (flags.yes || deps.out.canAsk({ stdinTaken })) return;
  throw new PushCliError("confirm", `a broadcast needs confirmation, but ${whyNotAsked(deps)}`, {
    hint: "use --yes to confirm, or preview with --dry-run",
  });
}

/** "1,002 users" */
export function countUsers(count: number): string {
  return formatCounted(count, "user");
}
