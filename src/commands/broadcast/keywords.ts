import type { Command } from "commander";
import { usageError } from "../../errors.ts";

/**
 * `--keywords` is one CSV record: '"a, b",c' are two keywords; empty values stay empty. Rejects with a usage error
 * quoting the text.
 */
export async function parseKeywords(text: string): Promise<string[]> {
  if (text === "") return [""];
  const { parse } = await import("csv-parse/sync");
  let records: string[][];
  try {
    records = parse(text, { relax_column_count: true });
  } catch {
    throw usageError(
      `--keywords ${text}: the quotes don't match`,
      `--keywords 'one,"two, with a comma","with ""quotes"""'`,
    );
  }
  if (records.length !== 1 || !records[0]) {
    throw usageError("--keywords is more than one line", "put a value with a line break into double quotes");
  }
  return records[0];
}

/**
 * Of --keywords and --no-keywords the last one wins, and the words of the other would be gone without a word to say so.
 * Returns the check, which throws a usage error when both were given and there are words.
 */
export function watchKeywords(command: Command): () => void {
  let words = "";
  let without = false;
  command.on("option:keywords", (text: string) => {
    words = text;
  });
  command.on("option:no-keywords", () => {
    without = true;
  });
  return () => {
    if (!without || /^[\s,"]*$/.test(words)) return;
    throw usageError("--keywords and --no-keywords exclude each other", "leave one of them out");
  };
}
