import { visibleText } from "./format.ts";
import type { Cell, Column } from "./table.ts";

/** Rows for programs: separated by tabs, CSV by RFC 4180, or only the openIds in them. */
export type RowFormat = "tsv" | "csv" | "openid";

/** Renders rows as lines. Each header line is written once, however many pieces the rows come in. */
export class RowWriter {
  private readonly format: RowFormat;
  private readonly hasHeader: boolean;
  private lastHeader: string | undefined;

  /** `header`: by default only for CSV. */
  constructor(format: RowFormat, header: boolean | undefined) {
    this.format = format;
    this.hasHeader = format !== "openid" && (header ?? format === "csv");
  }

  render(columns: readonly Column[], rows: readonly Cell[][]): string {
    if (this.format === "openid") {
      const at = columns.findIndex((column) => nameOf(column) === "openId");
      return at < 0 ? "" : this.lines(rows.map((row) => row.slice(at, at + 1)));
    }
    return this.header(columns) + this.lines(rows);
  }

  private header(columns: readonly Column[]): string {
    const header = this.lines([columns.map(nameOf)]);
    if (!this.hasHeader || header === this.lastHeader) return "";
    this.lastHeader = header;
    return header;
  }

  private lines(rows: readonly Cell[][]): string {
    if (this.format === "csv") return rows.map((row) => `${row.map(csvCell).join(",")}\r\n`).join("");
    return rows.map((row) => `${row.map((cell) => visibleText(String(cell))).join("\t")}\n`).join("");
  }
}

/** The columns of a document as rows. */
export const PAIR: readonly Column[] = [{ title: "name" }, { title: "value" }];

/**
 * A document as rows: the path of each value in it, such as `outcomes.sent` or `errors.0.errcode`, and the value; `-` for
 * null. Empty lists and objects have no row.
 */
export function toPairs(value: unknown, path = ""): [name: string, value: Cell][] {
  if (value === undefined) return [];
  if (value === null) return [[path, "-"]];
  if (typeof value !== "object") return [[path, typeof value === "number" ? value : String(value)]];
  return Object.entries(value).flatMap(([name, below]) =>
    toPairs(below, path === "" ? name : `${path}.${name}`),
  );
}

function nameOf({ name, title }: Column): string {
  return name ?? title;
}

/** Line ends are kept in CSV, which quotes them; other control characters are written as escapes. */
function csvCell(cell: Cell): string {
  const text = String(cell)
    .split(/(\r\n|\n)/)
    .map((part, at) => (at % 2 === 1 ? part : visibleText(part)))
    .join("");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
