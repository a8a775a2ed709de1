import { usageError } from "../errors.ts";
import type { Row } from "./audience.ts";
import type { Message, MessageInput } from "./channel.ts";
import type { OwnTexts } from "./ports.ts";

/** A parsed text: literal pieces, and columns to be filled in. */
type Piece = string | { column: string };

const OPEN = "{{";
const CLOSE = "}}";
/** Stands for `{{` where no column is meant. */
const ESCAPE = "{{{{";

export const ESCAPE_HINT = "{{{{ writes a literal {{";

/**
 * Reads the `{{column}}` of a command line's message. If there are any, they stay in its texts, and `columns` names
 * them in the order of a row's values; otherwise the texts are final. Throws a usage error for a `{{` that is not
 * closed or has nothing in it. `option`: where the values come from.
 */
export function readPlaceholders(input: MessageInput, option = "--keywords"): MessageInput {
  const columns = new Set<string>();
  const read = (text: string, name: string): string => {
    const pieces = parseText(text, name);
    for (const piece of pieces) if (typeof piece !== "string") columns.add(piece.column);
    return pieces.map((piece) => (typeof piece === "string" ? piece : "")).join("");
  };
  const { values, named = {}, page } = input;
  const plain: MessageInput = {
    ...input,
    values: values.map((text, i) => read(text, `value ${i + 1} of ${option}`)),
    page: page === undefined ? undefined : read(page, "--page"),
  };
  if (input.named)
    plain.named = Object.fromEntries(
      Object.entries(named).map(([name, text]) => [name, read(text, `--field ${name}`)]),
    );
  return columns.size > 0 ? { ...input, columns: [...columns] } : plain;
}

/**
 * A function from a row, its values in the order of `columns`, to a recipient's texts; undefined when all get the same
 * message.
 */
export function createRenderer({ fields, page, columns }: Message): ((row: Row) => OwnTexts) | undefined {
  if (columns === undefined) return undefined;
  const place = new Map(columns.map((column, i) => [column, i]));
  const values = fields.map(({ value }) => compileText(value, place));
  const renderPage = page === undefined ? undefined : compileText(page, place);
  return (row) => ({ values: values.map((render) => render?.(row)), page: renderPage?.(row) });
}

/** The message as one recipient gets it. */
export function withTexts({ columns: _, ...message }: Message, own: OwnTexts): Message {
  const fields = message.fields.map((field, i) => ({ ...field, value: own.values[i] ?? field.value }));
  return { ...message, fields, page: own.page ?? message.page };
}

/** Undefined where the text has no columns. */
function compileText(text: string, place: ReadonlyMap<string, number>): ((row: Row) => string) | undefined {
  const pieces = parseText(text, "").map((piece) =>
    typeof piece === "string" ? piece : place.get(piece.column)!,
  );
  if (pieces.every((piece) => typeof piece === "string")) {
    const literal = pieces.join("");
    return literal === text ? undefined : () => literal;
  }
  return (row) => pieces.map((piece) => (typeof piece === "string" ? piece : (row[piece] ?? ""))).join("");
}

function parseText(text: string, name: string): Piece[] {
  const pieces: Piece[] = [];
  for (let at = 0; at < text.length; ) {
    const open = text.indexOf(OPEN, at);
    if (open < 0) {
      pieces.push(text.slice(at));
      break;
    }
    if (open > at) pieces.push(text.slice(at, open));
    if (text.startsWith(ESCAPE, open)) {
      pieces.push(OPEN);
      at = open + ESCAPE.length;
      continue;
    }
    const close = text.indexOf(CLOSE, open);
    const column = close < 0 ? "" : text.slice(open + OPEN.length, close).trim();
    if (column === "") {
      const what =
        close < 0 ? `has '${OPEN}' without '${CLOSE}'` : `names no column between '${OPEN}' and '${CLOSE}'`;
      throw usageError(
        `${name} ${what}: ${JSON.stringify(text)}`,
        `{{name}} is a column of --to-file; ${ESCAPE_HINT}`,
      );
    }
    pieces.push({ column });
    at = close + CLOSE.length;
  }
  return pieces;
}
