import type { Readable } from "node:stream";

/** One record of an input file. */
export interface InputRecord {
  /** Line on which it starts, from 1. */
  line: number;
  /** By column name: openId, formId, expire, uses; others as the file names them. */
  fields: Record<string, unknown>;
  /** Why it could not be taken apart; the reader goes on behind it. */
  error?: string;
}

/** A longer line is no record of ours, and reading must not fill the memory. */
const MAX_LINE = 1024 * 1024;

/**
 * Reads NDJSON (a line starting with `{`), CSV with a header line, or CSV without one (columns as given by
 * `headless`), as told by the first line that is not blank; one with a tab and no comma begins the rows of a pipe, as the
 * tool itself prints them. Streams: holds a few lines at a time.
 */
export async function* readRecords(input: Readable, headless: string[]): AsyncGenerator<InputRecord> {
  const { first, chunks } = await peekLine(input);
  if (first === undefined) return;
  if (first.trimStart().startsWith("{")) yield* readNdjson(chunks);
  else yield* readCsv(chunks, headless, first.includes("\t") && !first.includes(","));
}

/** Field names of the forms that files have them in, to ours: open_id, OPENID, form-id, expireTime ... */
const COLUMNS: Record<string, string> = {
  openid: "openId",
  touser: "openId",
  formid: "formId",
  fromid: "formId",
  prepayid: "formId",
  expire: "expire",
  expires: "expire",
  expireat: "expire",
  expiresat: "expire",
  expiretime: "expire",
  expiredtime: "expire",
  uses: "uses",
};

/** As files have them that the tool itself wrote: there are millions of such lines. */
const OWN_NAMES = new Set(Object.values(COLUMNS));

function columnOf(name: string): string {
  if (OWN_NAMES.has(name)) return name;
  return (
    COLUMNS[
      name
        .trim()
        .toLowerCase()
        .replace(/[_\-\s]/g, "")
    ] ?? name
  );
}

async function* readNdjson(chunks: AsyncIterable<string>): AsyncGenerator<InputRecord> {
  for await (const lines of splitLines(chunks)) {
    for (const { line, text } of lines) if (text.trim() !== "") yield parseJsonLine(line, text);
  }
}

function parseJsonLine(line: number, text: string): InputRecord {
  if (text.length >= MAX_LINE) return { line, fields: {}, error: "the line is longer than 1 MiB" };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { line, fields: {}, error: "not JSON" };
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
  chunks: AsyncIterable<string>,
  headless: string[],
  isTabbed: boolean,
): AsyncGenerator<InputRecord> {
  const { parse } = await import("csv-parse/sync");
  let header: string[] | undefined;
  for await (const { line, text } of flatten(splitLines(chunks))) {
    if (text.trim() === "") continue;
    const cells = parseCells(text, isTabbed, (quoted) => parse(quoted, { trim: true })[0] ?? []);
    if (typeof cells === "string") {
      yield { line, fields: {}, error: cells };
      continue;
    }
    if (!header) {
      const names = cells.map(columnOf);
      header = names.includes("openId") ? names : headless;
      if (header === names) continue;
    }
    const fields: Record<string, unknown> = {};
    for (const [i, value] of cells.entries()) fields[header[i] ?? `column ${i + 1}`] = value;
    yield { line, fields };
  }
}

async function* flatten<T>(pages: AsyncIterable<T[]>): AsyncGenerator<T> {
  for await (const page of pages) yield* page;
}

/** The cells of a line, or why it has none. Only a line with quotes needs the parser; rows of a pipe have no quotes. */
function parseCells(
  text: string,
  isTabbed: boolean,
  parseQuoted: (text: string) => string[],
): string[] | string {
  if (text.length >= MAX_LINE) return "the line is longer than 1 MiB";
  if (isTabbed || !text.includes('"')) return text.split(isTabbed ? "\t" : ",").map((cell) => cell.trim());
  try {
    return parseQuoted(text);
  } catch {
    return "not CSV: the quotes don't match";
  }
}

interface Line {
  line: number;
  text: string;
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

/** The first line that is not blank, without consuming it. A byte order mark goes. */
async function peekLine(
  input: Readable,
): Promise<{ first: string | undefined; chunks: AsyncIterable<string> }> {
  input.setEncoding("utf8");
  const iterator: AsyncIterator<string> = input[Symbol.asyncIterator]();
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
