/** A line of an input file, numbered from 1. */
export interface Line {
  line: number;
  text: string;
}

/** One record of an input file. */
export interface InputRecord {
  /** The line on which it starts, from 1. */
  line: number;
  /** By column name: openId, formId, expire, uses; other columns under the names they have in the file. */
  fields: Record<string, unknown>;
  /** Why it could not be parsed; the reader continues after it. */
  error?: string;
}

/** A longer line can't be a valid record, and reading it must not fill the memory. */
export const MAX_LINE = 1024 * 1024;
export const TOO_LONG = "the line is longer than 1 MiB";

/** Yields the lines of each chunk together: passing them on one by one takes longer than finding them. */
export async function* splitLines(chunks: AsyncIterable<string>): AsyncGenerator<Line[]> {
  let rest = "";
  let line = 0;
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield lines.map((text) => ({ line: ++line, text }));
    // What is cut off here is too long to be a record; enough of it stays to report that.
    if (rest.length > MAX_LINE) rest = rest.slice(0, MAX_LINE);
  }
  if (rest !== "") yield [{ line: ++line, text: rest }];
}

/** The first line that is not blank, without consuming it. */
export async function peekLine(
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
