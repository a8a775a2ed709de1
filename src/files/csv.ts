import { declaredDelimiter, delimiterOf, readHeader, splitPlain } from "./columns.ts";
import { type InputRecord, type Line, MAX_LINE, TOO_LONG } from "./lines.ts";

/** Takes the lines of a file one after the other; undefined for a line that is not a record, such as a header. */
export type LineReader = (line: Line) => InputRecord | undefined;

export interface CsvOptions {
  /** The columns of a file without a header line. */
  headless: string[];
  /**
   * Called with the columns before the first record: for CSV those of the header line, for NDJSON those of its first line.
   */
  onColumns?: ((columns: string[], kind: "header" | "first line" | "no header") => void) | undefined;
}

/**
 * Reads one record per line: openIds and codes hold no line breaks, so a stray quote spoils one line, not the rest of the
 * file. `first`: the file's first line that is not blank. `headless`: the columns of a file without a header line.
 */
export async function createCsvReader(
  { headless, onColumns }: CsvOptions,
  first: string,
): Promise<LineReader> {
  const { parse } = await import("csv-parse/sync");
  let delimiter = declaredDelimiter(first) ?? delimiterOf(first);
  const parseQuoted = (quoted: string): string[] => parse(quoted, { trim: true, delimiter })[0] ?? [];
  let header: string[] | undefined;
  return ({ line, text }) => {
    if (!header && declaredDelimiter(text) !== undefined) {
      delimiter = declaredDelimiter(text)!;
      return undefined;
    }
    const cells = parseCells(text, delimiter, parseQuoted);
    if (typeof cells === "string") return { line, fields: {}, error: cells };
    if (!header) {
      const named = readHeader(cells);
      header = named ?? headless;
      onColumns?.(header, named ? "header" : "no header");
      if (named) return undefined;
      // The words of a header without an openId column, rather than an openId.
      if (cells.length > 1 && headless.length > 0 && /[^\x20-\x7e]/.test(cells[0]!))
        return { line, fields: {}, error: `no column is named openId: ${cells.join(", ")}` };
    }
    const fields: Record<string, unknown> = {};
    for (const [i, value] of cells.entries()) fields[header[i] ?? `column ${i + 1}`] = value;
    return { line, fields };
  };
}

/**
 * The cells of a line, or why it can't be split. Only a line with quotes needs the parser; rows of a pipe have no quotes.
 */
function parseCells(
  text: string,
  delimiter: string,
  parseQuoted: (text: string) => string[],
): string[] | string {
  if (text.length >= MAX_LINE) return TOO_LONG;
  if (delimiter === "\t" || !text.includes('"')) return splitPlain(text, delimiter);
  try {
    return parseQuoted(text);
  } catch {
    return "not CSV: the quotes don't match";
  }
}
