import type { Readable } from "node:stream";
import { usageError } from "../errors.ts";
import { columnOf } from "./columns.ts";
import { type CsvOptions, createCsvReader } from "./csv.ts";
import { decodeText, UNDECODABLE } from "./decode.ts";
import { type InputRecord, type Line, MAX_LINE, peekLine, splitLines, TOO_LONG } from "./lines.ts";

export interface RecordsOptions extends CsvOptions {
  /** As given by the operator; see `decodeText`. */
  encoding?: string | undefined;
}

/** Like `readPages`, but record by record. */
export function readRecords(input: Readable, options: RecordsOptions): AsyncGenerator<InputRecord> {
  return flatten(readPages(input, options));
}

/**
 * Reads NDJSON (a line starting with `{`), CSV with a header line, or CSV without one (columns as given by `headless`); the
 * first line that is not blank decides. Cells are delimited by commas, tabs (rows of a pipe, as the tool itself prints them;
 * cells pasted from a spreadsheet) or semicolons. Streams: yields the records of a chunk of the file together, because
 * passing them on one by one takes longer than reading them. Rejects with a usage error for a JSON array.
 */
export async function* readPages(
  input: Readable,
  { encoding, ...options }: RecordsOptions,
): AsyncGenerator<InputRecord[]> {
  const { first, chunks } = await peekLine(decodeText(input, encoding));
  const start = first?.trimStart() ?? "";
  if (start === "") return;
  if (/^\[\s*($|\{|\[|")/.test(start)) {
    throw usageError("the file is a JSON array", "put one object on each line, for example with jq -c '.[]'");
  }
  const isJson = start.startsWith("{");
  if (isJson) options.onColumns?.(Object.keys(readJsonLine({ line: 1, text: first! }).fields), "first line");
  const read = isJson ? readJsonLine : await createCsvReader(options, first!);
  for await (const lines of splitLines(chunks)) {
    const records: InputRecord[] = [];
    for (const line of lines) {
      const record = line.text.trim() === "" ? undefined : read(line);
      if (record) records.push(isSpoilt(record) ? notIn(encoding, record) : record);
    }
    if (records.length > 0) yield records;
  }
}

async function* flatten<T>(pages: AsyncIterable<T[]>): AsyncGenerator<T> {
  for await (const page of pages) yield* page;
}

/** Text that was decoded with the wrong encoding is neither an openId nor a code. Other columns don't matter. */
function isSpoilt({ fields: { openId, formId } }: InputRecord): boolean {
  return isUndecodable(openId) || isUndecodable(formId);
}

function isUndecodable(value: unknown): boolean {
  return typeof value === "string" && value.includes(UNDECODABLE);
}

function notIn(encoding = "UTF-8", { line }: InputRecord): InputRecord {
  const error = `not ${encoding}: set the encoding with --encoding, for example gb18030`;
  return { line, fields: {}, error };
}

function readJsonLine({ line, text }: Line): InputRecord {
  if (text.length >= MAX_LINE) return { line, fields: {}, error: TOO_LONG };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const isListed = /\}\s*,\s*$/.test(text);
    return { line, fields: {}, error: isListed ? "not JSON: a comma after the object" : "not JSON" };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { line, fields: {}, error: "not a JSON object" };
  }
  return { line, fields: hasOwnNames(value) ? value : renamed(value) };
}

type Fields = Record<string, unknown>;

function hasOwnNames(value: object): value is Fields {
  for (const name in value) if (columnOf(name) !== name) return false;
  return true;
}

function renamed(value: object): Fields {
  const fields: Fields = {};
  for (const [name, field] of Object.entries(value)) fields[columnOf(name)] ??= field;
  return fields;
}
