import type { Message, MessageInput, OpenChannel, Preflight, Problem } from "../../broadcast/channel.ts";
import { readPlaceholders } from "../../broadcast/values.ts";
import { PushCliError, usageError } from "../../errors.ts";
import type { Deps } from "../deps.ts";
import { lookBeforehand } from "./look.ts";
import { type MessageFlags, makeMessage, readRawInput } from "./message-flags.ts";
import { parseVariants, type VariantFlags, type VariantInput } from "./variants.ts";

type Flags = MessageFlags & VariantFlags;

/** A message, and what the account says of it. */
export interface Built {
  message: Message;
  look: Preflight | undefined;
}

/** The texts of the command line, before anybody was asked about them. */
export interface Texts {
  variants: readonly VariantInput[] | undefined;
  raw: MessageInput;
}

/** Throws a usage error for texts that can't be read. */
export async function readTexts(channel: OpenChannel, templateId: string, flags: Flags): Promise<Texts> {
  const variants = await parseVariants(flags);
  return { variants, raw: await readRawInput(channel, templateId, flags) };
}

/**
 * The message of the command line. Each variant is checked as a whole message, against the account as well. `seed`: what
 * recipients are drawn by. Throws a usage error, which names the variant.
 */
export async function buildMessage(
  deps: Deps,
  channel: OpenChannel,
  { variants, raw }: Texts,
  flags: Flags,
  seed: () => string,
): Promise<Built> {
  if (!variants) {
    const input = readPlaceholders(raw);
    const look = await lookBeforehand(deps, channel, input, flags);
    return { message: makeMessage(channel, input, look?.template), look };
  }
  if (flags.variantField && !channel.messageOptions.includes("field"))
    throw usageError(
      `--variant-field does not apply to ${channel.name} messages`,
      "give the values with --variant: --variant 'A=a,b' --variant 'B=c,d'",
    );
  const inputs = readVariants(raw, variants);
  const looks: (Preflight | undefined)[] = [];
  const messages: Message[] = [];
  for (const [i, { name }] of variants.entries()) {
    const look = await lookBeforehand(deps, channel, inputs[i]!, flags).catch((error) => {
      throw namedAfter(name, error);
    });
    looks.push(look);
    messages.push(about(name, () => makeMessage(channel, inputs[i]!, look?.template)));
  }
  return { message: joinVariants(variants, messages, seed()), look: joinLooks(variants, looks) };
}

/** Columns of one variant are columns of the message, so that all of its texts are read alike. */
function readVariants(input: MessageInput, variants: readonly VariantInput[]): MessageInput[] {
  const raw = variants.map(({ values, named }): MessageInput => {
    return { ...input, values, named: named && { ...input.named, ...Object.fromEntries(named) } };
  });
  const read = raw.map((one, i) => about(variants[i]!.name, () => readPlaceholders(one, "--variant")));
  const columns = [...new Set(read.flatMap((one) => one.columns ?? []))];
  return columns.length === 0 ? read : raw.map((one) => ({ ...one, columns }));
}

function joinVariants(
  variants: readonly VariantInput[],
  messages: readonly Message[],
  seed: string,
): Message {
  const [first] = messages as [Message, ...Message[]];
  const names = first.fields.map(({ name }) => name);
  const list = variants.map(({ name, share }, i) => {
    const { fields } = messages[i]!;
    const has = new Map(fields.map((field) => [field.name, field]));
    if (fields.length !== names.length || names.some((one) => !has.has(one)))
      throw usageError(
        `--variant ${name} has ${listFields(fields)}, but ${variants[0]!.name} has ${listFields(first.fields)}`,
        "all variants fill the same fields of the template",
      );
    return { name, share, fields: names.map((one) => has.get(one)!) };
  });
  // One whose own texts have columns may want them cut.
  const options = Object.fromEntries(messages.flatMap((message) => Object.entries(message.options ?? {})));
  return { ...first, ...(first.options ? { options } : {}), variants: { seed, list } };
}

function listFields(fields: Message["fields"]): string {
  return fields.map(({ name }) => name).join(", ") || "no field";
}

/** What is said of the account is said once, what is said of a text with its variant. */
function joinLooks(
  variants: readonly VariantInput[],
  looks: readonly (Preflight | undefined)[],
): Preflight | undefined {
  const [first] = looks;
  if (!first) return undefined;
  const isOfAll = ({ what }: Problem) =>
    looks.every((look) => look?.problems.some((one) => one.what === what));
  const own = looks.flatMap((look, i) => {
    const some = look?.problems.filter((problem) => !isOfAll(problem)) ?? [];
    return some.map((problem) => ({ ...problem, what: `variant ${variants[i]!.name}: ${problem.what}` }));
  });
  return { ...first, problems: [...first.problems.filter(isOfAll), ...own] };
}

function about<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw namedAfter(name, error);
  }
}

/** What is wrong with a variant, with its name. */
function namedAfter(name: string, error: unknown): unknown {
  if (!(error instanceof PushCliError) || error.kind !== "usage") return error;
  const { message, hint, details } = error;
  return new PushCliError("usage", `variant ${name}: ${message}`, { hint, details, cause: error });
}
