/** Column names, compared without case, blanks, `_` and `-`, mapped to ours. */
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
  scene: "scene",
  scenetype: "scene",
};

/** As they stand in files that the tool itself wrote: there are millions of such lines. */
const OWN_NAMES = new Set(Object.values(COLUMNS));

/** Our name for a column or field: open_id, OPENID, form-id, expireTime ...; any other name is returned unchanged. */
export function columnOf(name: string): string {
  return OWN_NAMES.has(name) ? name : (COLUMNS[plainName(name)] ?? name);
}

function plainName(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[_\-\s]/g, "");
}

/** The columns named by a header line; undefined when the cells are not a header. */
export function readHeader(cells: readonly string[]): string[] | undefined {
  const names = cells.map(columnOf);
  if (names.includes("openId")) return names;
  // A column name may have words around it: 用户openid, wx_openid. The key of a pool (mina:openid:oA) is not a name.
  const isName = (cell: string) => !cell.includes(":") && (cells.length > 1 || /[^\x20-\x7e]/.test(cell));
  const like = cells.filter((cell) => plainName(cell).includes("openid") && isName(cell));
  if (like.length !== 1) return undefined;
  return cells.map((cell, i) => (cell === like[0] ? "openId" : names[i]!));
}

const DELIMITERS = [",", "\t", ";"];

/**
 * The delimiter of a file with this first line: the one of comma, tab and semicolon that makes it a header; otherwise the
 * one that comes first in it, because the first cell is an openId, which holds none of them.
 */
export function delimiterOf(first: string): string {
  const heading = DELIMITERS.find((one) => first.includes(one) && readHeader(splitPlain(first, one)));
  if (heading !== undefined) return heading;
  const there = DELIMITERS.filter((one) => first.includes(one));
  there.sort((a, b) => first.indexOf(a) - first.indexOf(b));
  return there[0] ?? ",";
}

/** Excel's own first line, which declares the delimiter: `sep=;`. */
export function declaredDelimiter(line: string): string | undefined {
  return /^"?sep=(.)"?\s*$/i.exec(line)?.[1];
}

/** The cells of a line that has no quotes. */
export function splitPlain(text: string, delimiter: string): string[] {
  return text.split(delimiter).map((cell) => cell.trim());
}
