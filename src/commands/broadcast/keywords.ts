import type { Command } from "commander";
import type { Message } from "../../broadcast/channel.ts";
import { eachVariant } from "../../broadcast/variants.ts";
import { usageError } from "../../errors.ts";

/**
 * `--keywords` is one CSV record: '"a, b",c' are two keywords; empty values stay empty. `delimiter` stands between them
 * instead of a comma. Rejects with a usage error quoting the text. `option`: where it was given.
 */
export async function parseKeywords(text: string, delimiter = ",", option = "--keywords"): Promise<string[]> {
  if ([...delimiter].length !== 1 || /["\r\n]/.test(delimiter)) {
    throw usageError(
      `--keywords-delimiter '${delimiter}' is not one character`,
      "--keywords-delimiter ';' or --keywords-delimiter '，'",
    );
  }
  if (text === "") return [""];
  const { parse } = await import("csv-parse/sync");
  let records: string[][];
  try {
    records = parse(text, { delimiter, relax_column_count: true });
  } catch {
    throw usageError(
      `${option} ${text}: unbalanced quotes`,
      `${option}${option.includes(" ") ? "=" : " "}'one,"two, with a comma","with ""quotes"""'`,
    );
  }
  if (records.length !== 1 || !records[0]) {
    throw usageError(`${option} has more than one line`, "put values with line breaks in double quotes");
  }
  return records[0];
}

/** What Chinese input methods type for a comma. */
const FULL_WIDTH_COMMA = "，";

/** What looks wrong about keywords: a value with the other comma, which was probably meant to separate two. */
export function doubtKeywords(
  message: Message,
  { keywordsDelimiter }: { keywordsDelimiter?: string },
): string | undefined {
  if (keywordsDelimiter !== undefined) return undefined;
  const doubtful = eachVariant(message).flatMap(({ name, message: { fields } }) => {
    const field = fields.find(({ value }) => value.includes(FULL_WIDTH_COMMA));
    return field ? [name === undefined ? field.name : `variant ${name}: ${field.name}`] : [];
  });
  if (doubtful.length === 0) return undefined;
  return `${doubtful[0]} contains a full-width comma; to split values at it, use --keywords-delimiter '，'`;
}

/**
 * Of --keywords and --no-keywords, and of several --keywords, the last one wins, and the words of the others would be gone
 * without a word to say so. Returns the check, which throws a usage error then.
 */
export function watchKeywords(command: Command): () => void {
  let words = "";
  let times = 0;
  let without = false;
  command.on("option:keywords", (text: string) => {
    words = text;
    times += 1;
  });
  command.on("option:no-keywords", () => {
    without = true;
  });
  return () => {
    if (times > 1)
      throw usageError("--keywords is given more than once", "put all values into one: --keywords 'one,two'");
    if (!without || /^[\s,"]*$/.test(words)) return;
    throw usageError("--keywords and --no-keywords can't be used together", "use only one of them");
  };
}
