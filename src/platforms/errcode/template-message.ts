import type { Message, MessageInput } from "../../broadcast/channel.ts";
import { usageError } from "../../errors.ts";
import { checkFieldName } from "./field-name.ts";

/** The message for a template whose fields are keyword1, keyword2 ... Throws a usage error. */
export function toTemplateMessage(input: MessageInput): Message {
  if (Object.keys(input.named ?? {}).length > 0) {
    throw usageError("--field: the templates of this channel have keywords", "give --keywords 'a,b,c'");
  }
  return toNamedMessage({ ...input, named: undefined });
}

/** The same for a template whose fields may have other names too, given by --field. Throws a usage error. */
export function toNamedMessage({ templateId, page, values, named, options }: MessageInput): Message {
  const fields = named === undefined ? toKeywords(values) : toFields(named, values);
  const { emphasis } = options;
  if (emphasis !== undefined && (Number(emphasis) < 1 || Number(emphasis) > fields.length)) {
    throw usageError(
      `--emphasis ${emphasis} names a keyword that is not there`,
      fields.length === 0 ? "give --keywords too" : `the last of --keywords is number ${fields.length}`,
    );
  }
  return { templateId, fields, page, ...(emphasis === undefined ? {} : { options: { emphasis } }) };
}

function toKeywords(values: readonly string[]) {
  return values.map((value, i) => ({ name: `keyword${i + 1}`, value }));
}

function toFields(named: Readonly<Record<string, string>>, values: readonly string[]) {
  if (values.length > 0)
    throw usageError("--keywords and --field can't be used together", "use only one of them");
  for (const name of Object.keys(named)) checkFieldName(name);
  return Object.entries(named).map(([name, value]) => ({ name, value }));
}
