import { usageError } from "../errors.ts";
import type { Row } from "./audience.ts";
import type { Message } from "./message.ts";
import type { OwnTexts } from "./ports.ts";

/** A text taken apart once: what stands there, and columns whose values come in between. */
type Piece = string | { column: string };

const OPEN = "{{";
const CLOSE = "}}";
/** Stands for `{{` where no column is meant. */
const ESCAPE = "{{{{";

export const ESCAPE_HINT = "{{{{ writes a literal {{";

/**
 * Reads the `{{column}}` of a message that comes from a command line. Where there are some, they stay in its texts, and
 * `columns` names them in the order of a row's values; where there are none, the texts are what they will be. Throws a usage
 * error for a `{{` that is not closed or has nothing in it.
 */
export function readPlaceholders(message: Message): Message {
  const values = message.keywords.map((text, i) => parseText(text, `keyword${i + 1}`));
  const page = message.page === undefined ? undefined : parseText(message.page, "--page");
  const pieces = [...values, ...(page ? [page] : [])].flat();
  const columns = pieces.flatMap((piece) => (typeof piece === "string" ? [] : [piece.column]));
  if (columns.length > 0) return { ...message, columns: [...new Set(columns)] };
  const plain = { ...message, keywords: values.map((parts) => parts.join("")) };
  return page === undefined ? plain : { ...plain, page: page.join("") };
}

/** How a row, its values in the order of `columns`, becomes a recipient's texts; undefined when all get the same message. */
export function createRenderer({ keywords, page, columns }: Message): ((row: Row) => OwnTexts) | undefined {
  if (columns === undefined) return undefined;
  const place = new Map(columns.map((column, i) => [column, i]));
  const compile = (text: string) => compileText(text, place);
  const values = keywords.map(compile);
  const renderPage = page === undefined ? undefined : compile(page);
  return (row) => ({ values: values.map((render) => render?.(row)), page: renderPage?.(row) });
}

/** The message as one recipient gets it. */
export function withTexts({ columns: _, ...message }: Message, own: OwnTexts): Message {
  const keywords = message.keywords.map((text, i) => own.values[i] ?? text);
  const page = own.page ?? message.page;
  return page === undefined ? { ...message, keywords } : { ...message, keywords, page };
}

/** Undefined where the text stands as it is. */
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
