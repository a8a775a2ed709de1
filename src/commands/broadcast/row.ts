import type { Row } from "../../broadcast/audience.ts";
import type { Channel, Message } from "../../broadcast/channel.ts";
import { faultOfTexts } from "../../broadcast/message.ts";
import { ESCAPE_HINT } from "../../broadcast/values.ts";
import { assignVariants, createMessages } from "../../broadcast/variants.ts";
import { nearestWord } from "../../config/nearest.ts";
import { usageError } from "../../errors.ts";
import { columnOf } from "../../files/columns.ts";
import type { InputRecord } from "../../files/lines.ts";
import type { RecordsOptions } from "../../files/records.ts";
import { isEmptyMessage } from "./options.ts";

/** Of one row's values together: a message has room for some hundred, and a page of rows has to fit into the memory. */
const MAX_CHARS = 4096;

export interface RowReader {
  seeColumns: NonNullable<RecordsOptions["onColumns"]>;
  /** The values of the message's columns, or why no message can be made of them. */
  read(record: InputRecord, openId: string): Row | string;
  /** At the end of the file. Throws for a column that no row had. */
  checkColumns(): void;
}

/** Takes the values of a message's columns out of the rows of a file. `name`: the file's, for errors. */
export function createRowReader(
  name: string,
  message: Message,
  channel: Pick<Channel, "problemOf">,
): RowReader {
  const columns = message.columns ?? [];
  const keys = columns.map(columnOf);
  const messageOf = createMessages(message);
  const assignment = assignVariants(message.variants);
  const missing = new Set(columns);
  let known: string[] = [];
  let hasRead = false;
  return {
    seeColumns: (names, kind) => {
      known = names;
      if (kind === "no header" && columns.length > 0) throw noHeader(name, columns[0]!);
      if (kind !== "header") return;
      for (const [i, column] of columns.entries()) checkColumn(name, column, keys[i]!, names);
      missing.clear();
    },
    read: ({ fields }, openId) => {
      if (message.columns === undefined) return [];
      hasRead = true;
      const row: string[] = [];
      for (const [i, column] of columns.entries()) {
        const has = Object.hasOwn(fields, keys[i]!);
        if (has) missing.delete(column);
        const value = has ? toText(fields[keys[i]!], column) : { why: `no column '${column}'` };
        if (typeof value !== "string") return value.why;
        row.push(value);
      }
      const why = whyUnfit(messageOf(openId, row), row, channel);
      if (why === undefined || !assignment) return why ?? row;
      return `variant ${message.variants?.list[assignment.placeOf(openId)]?.name}: ${why}`;
    },
    checkColumns: () => {
      for (const column of missing) if (hasRead) throw unknownColumn(name, column, known);
    },
  };
}

/** NDJSON has numbers and booleans, too. */
function toText(value: unknown, column: string): string | { why: string } {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    // 2^53 and more: what the file says is lost by the time it is a number here.
    const isExact = Number.isSafeInteger(value) || !Number.isInteger(value);
    return isExact
      ? String(value)
      : { why: `the number in column '${column}' is too large: write it as text` };
  }
  if (value === null) return { why: `no value in column '${column}'` };
  return { why: `column '${column}' is not text` };
}

function whyUnfit(message: Message, row: Row, channel: Pick<Channel, "problemOf">): string | undefined {
  const chars = row.reduce((sum, { length }) => sum + length, 0);
  if (chars > MAX_CHARS) return `its values are ${chars} characters long; the maximum is ${MAX_CHARS}`;
  const fault = faultOfTexts(message);
  if (fault) return fault.what;
  if (message.fields.length > 0 && isEmptyMessage(message))
    return "all values are empty: the message would be blank";
  for (const field of message.fields) {
    const problem = channel.problemOf(field, message);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function checkColumn(name: string, column: string, key: string, known: readonly string[]): void {
  const count = known.filter((one) => one === key).length;
  if (count === 0) throw unknownColumn(name, column, known);
  if (count > 1) throw usageError(`${name} has ${count} columns '${column}'`, "rename the others");
}

function unknownColumn(name: string, column: string, known: readonly string[]): Error {
  const near = nearestWord(column, known);
  const meant = near === undefined ? "" : `did you mean {{${near}}}? `;
  return usageError(
    `${name} has no column '${column}'`,
    `${meant}valid columns: ${known.join(", ")}; ${ESCAPE_HINT}`,
  );
}

function noHeader(name: string, column: string): Error {
  return usageError(
    `${name} has no header line with a column '${column}'`,
    `use CSV that begins with a line such as openId,${column}, or NDJSON`,
  );
}
