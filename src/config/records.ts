import type { Readable } from "node:stream";
import { usageError } from "../errors.ts";
import { columnOf, declaredDelimiter, delimiterOf, readHeader, splitPlain } from "./columns.ts";
import { decodeText, UNDECODABLE } from "./decode.ts";

/** One record of an input file. */
export interface InputRecord {
  /** Line on which it starts, from 1. */
  line: number;
  /** By column name: openId, formId, expire, uses; others as the file names them. */
  fields: Record<string, unknown>;
  /** Why it could not be taken apart; the reader goes on behind it. */
  error?: string;
}

export interface RecordsOptions {
  /** The columns of a file without a header line. */
  headless: string[];
  /** As given by the operator; see `decodeText`. */
  encoding?: string | undefined;
  /** Told the columns before the first record: of CSV as the header line names them, of NDJSON those of its first line. */
  onColumns?: ((columns: string[], kind: "header" | "first line" | "no header") => void) | undefined;
}

/** A longer line is no record of ours, and reading must not fill the memory. */
const MAX_LINE = 1024 * 1024;

/**
 * Reads NDJSON (a line starting with `{`), CSV with a header line, or CSV without one (columns as given by
 * `headless`), as told by the first line that is not blank. Between the cells stand commas, tabs (rows of a pipe, as the
 * tool itself prints them; cells pasted from a spreadsheet) or semicolons. Streams: holds a few lines at a time. Rejects with
 * a usage error for a JSON array.
 */
export async function* readRecords(
  input: Readable,
  { headless, encoding, onColumns }: RecordsOptions,
): AsyncGenerator<InputRecord> {
  const { first, chunks } = await peekLine(decodeText(input, encoding));
  const start = first?.trimStart() ?? "";
  if (start === "") return;
  if (/^\[\s*($|\{|\[|")/.test(start)) {
    throw usageError(
      "the file is a JSON array",
      "put one object on each line: jq -c '.[]' makes NDJSON of it",
    );
  }
  const pages = splitLines(chunks);
  const isJson = start.startsWith("{");
  if (isJson) onColumns?.(Object.keys(parseJsonLine(1, first!).fields), "first line");
  const records = isJson ? readNdjson(pages) : readCsv(flatten(pages), { headless, onColumns }, first!);
  for await (const some of records) {
    for (const record of some) yield record.error === undefined ? checkText(record, encoding) : record;
  }
}

/** Text in another encoding than was thought is no openId and no code. Other columns are nobody's business. */
function checkText(record: InputRecord, encoding = "UTF-8"): InputRecord {
  const isSpoilt = (value: unknown) => typeof value === "string" && value.includes(UNDECODABLE);
  const { openId, formId } = record.fields;
  if (!isSpoilt(openId) && !isSpoilt(formId)) return record;
  const error = `not ${encoding}: --encoding says what else it is, for example gb18030`;
  return { line: record.line, fields: {}, error };
}

interface Line {
  line: number;
  text: string;
}

async function* readNdjson(pages: AsyncIterable<Line[]>): AsyncGenerator<InputRecord[]> {
  for await (const lines of pages) {
    yield lines.filter(({ text }) => text.trim() !== "").map(({ line, text }) => parseJsonLine(line, text));
  }
}

function parseJsonLine(line: number, text: string): InputRecord {
  if (text.length >= MAX_LINE) return { line, fields: {}, error: "the line is longer than 1 MiB" };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const isListed = /\}\s*,\s*$/.test(text);
    return { line, fields: {}, error: isListed ? "not JSON: a comma behind the object" : "not JSON" };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { line, fields: {}, error: "not a JSON object" };
  }
  const fields: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) fields[columnOf(name)] ??= field;
  return { line, fields };
}

/**
 * A record a line: openIds and codes hold no line breaks, and so a stray quote spoils one line, not the rest of the file.
 */
async function* readCsv(
  lines: AsyncIterable<Line>,
  { headless, onColumns }: Pick<RecordsOptions, "headless" | "onColumns">,
  first: string,
): AsyncGenerator<InputRecord[]> {
  const { parse } = await import("csv-parse/sync");
  const declared = declaredDelimiter(first);
  let delimiter = declared ?? delimiterOf(first);
  const parseQuoted = (quoted: string): string[] => parse(quoted, { trim: true, delimiter })[0] ?? [];
  let header: string[] | undefined;
  for await (const { line, text } of lines) {
    if (text.trim() === "") continue;
    if (!header && declaredDelimiter(text) !== undefined) {
      delimiter = declaredDelimiter(text)!;
      continue;
    }
    const cells = parseCells(text, delimiter, parseQuoted);
    if (typeof cells === "string") {
      yield [{ line, fields: {}, error: cells }];
      continue;
    }
    if (!header) {
      const named = readHeader(cells);
      header = named ?? headless;
      onColumns?.(header, named ? "header" : "no header");
      if (named) continue;
      // Words of a header that names no openId, not somebody's id.
      if (cells.length > 1 && headless.length > 0 && /[^\x20-\x7e]/.test(cells[0]!)) {
        yield [{ line, fields: {}, error: `no column is named openId: ${cells.join(", ")}` }];
        continue;
      }
    }
    const fields: Record<string, unknown> = {};
    for (const [i, value] of cells.entries()) fields[header[i] ?? `column ${i + 1}`] = value;
    yield [{ line, fields }];
  }
}

/** The cells of a line, or why it has none. Only a line with quotes needs the parser; rows of a pipe have no quotes. */
function parseCells(
  text: string,
  delimiter: string,
  parseQuoted: (text: string) => string[],
): string[] | string {
  if (text.length >= MAX_LINE) return "the line is longer than 1 MiB";
  if (delimiter === "\t" || !text.includes('"')) return splitPlain(text, delimiter);
  try {
    return parseQuoted(text);
  } catch {
    return "not CSV: the quotes don't match";
  }
}

/** The lines of each chunk together: to hand them on one by one takes longer than to find them. */
async function* splitLines(chunks: AsyncIterable<string>): AsyncGenerator<Line[]> {
  let rest = "";
  let line = 0;
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield lines.map((text) => ({ line: ++line, text }));
    // What is cut off here is too long to be a record; enough of it stays to say so.
    if (rest.length > MAX_LINE) rest = rest.slice(0, MAX_LINE);
  }
  if (rest !== "") yield [{ line: ++line, text: rest }];
}

async function* flatten<T>(pages: AsyncIterable<T[]>): AsyncGenerator<T> {
  for await (const page of pages) yield* page;
}

/** The first line that is not blank, without consuming it. */
async function peekLine(
  input: AsyncIterable<string>,
): Promise<{ first: string | undefined; chunks: AsyncIterable<string> }> {
  const iterator = input[Symbol.asyncIterator]();
  let head = "";
  let first: string | undefined;
  while (first === undefined) {
    const { done, value } = await iterator.next();
    if (!done) head = (head + value).replace(/^\ufeff/, "");
    const lines = head.split("\n");
    first = (done || head.length > MAX_LINE ? lines : lines.slice(0, -1)).find((text) => text.trim() !== "");
    if (done) break;
  }
  async function* replay(): AsyncGenerator<string> {
    yield head;
    for (;;) {
      const { done, value } = await iterator.next();
      if (done) return;
      yield value;
    }
  }
  return { first, chunks: replay() };
}
