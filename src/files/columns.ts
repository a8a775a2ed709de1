/** Names of columns, without case, blanks, `_` and `-`, to ours. */
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

/** As files have them that the tool itself wrote: there are millions of such lines. */
const OWN_NAMES = new Set(Object.values(COLUMNS));

/** Our name of a column or field: open_id, OPENID, form-id, expireTime ...; any other name as it is. */
export function columnOf(name: string): string {
  return OWN_NAMES.has(name) ? name : (COLUMNS[plainName(name)] ?? name);
}

function plainName(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[_\-\s]/g, "");
}

/** The columns that a header line names; undefined when the cells are no header. */
export function readHeader(cells: readonly string[]): string[] | undefined {
  const names = cells.map(columnOf);
  if (names.includes("openId")) return names;
  // The name of the column may say more: 用户openid, wx_openid. The key of a pool (mina:openid:oA) is no name.
  const isName = (cell: string) => !cell.includes(":") && (cells.length > 1 || /[^\x20-\x7e]/.test(cell));
  const like = cells.filter((cell) => plainName(cell).includes("openid") && isName(cell));
  if (like.length !== 1) return undefined;
  return cells.map((cell, i) => (cell === like[0] ? "openId" : names[i]!));
}

const DELIMITERS = [",", "\t", ";"];

/**
 * What stands between the cells of a file with such a first line: of comma, tab and semicolon the one that makes a header of
 * it, else the tab of pasted cells (when there is no comma), the comma, or the semicolon.
 */
export function delimiterOf(first: string): string {
  const heading = DELIMITERS.find((one) => first.includes(one) && readHeader(splitPlain(first, one)));
  if (heading !== undefined) return heading;
  return DELIMITERS.find((one) => first.includes(one)) ?? ",";
}

/** Excel's own first line, which says what stands between the cells: `sep=;`. */
export function declaredDelimiter(line: string): string | undefined {
  return /^"?sep=(.)"?\s*$/i.exec(line)?.[1];
}

/** The cells of a line without quotes. */
export function splitPlain(text: string, delimiter: string): string[] {
  return text.split(delimiter).map((cell) => cell.trim());
}
