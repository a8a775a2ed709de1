/** The common fields of all answers of the API, read leniently. */
export interface ParsedAnswer {
  /** Absent when the body has no integer errcode. */
  errcode?: number | undefined;
  /** As sent: pass it through `safeText` before showing it to anyone. */
  errmsg: string;
  /** The exact digits, even of a JSON number beyond 2^53. */
  msgid?: string | undefined;
}

/** The answer in `text`, or undefined when it is not a JSON object. Never throws. */
export function parseAnswer(text: string): ParsedAnswer | undefined {
  const usual = USUAL.exec(text);
  if (usual) return { errcode: 0, errmsg: "ok", msgid: usual[1] };
  const fields = parseFields(text);
  return (
    fields && {
      // Cloud gateways write these in camel case.
      errcode: integerOf(fields.errcode ?? fields.errCode),
      errmsg: textOf(fields.errmsg ?? fields.errMsg) ?? "",
      msgid: textOf(fields.msgid ?? fields.msgId),
    }
  );
}

/** The top-level fields of the JSON object in `text`, or undefined when it is not one. Never throws. */
export function parseFields(text: string): Record<string, unknown> | undefined {
  return parseObject(text) ?? parseObject(withoutTail(text));
}

/** Removes what C programs (a NUL) and gateways with a banner (an HTML comment) append to the JSON. */
function withoutTail(text: string): string {
  const comment = text.search(/\}[\0\s]{0,9}<!--/);
  const end = comment < 0 ? text.lastIndexOf("}") : comment;
  const [json, tail] = [text.slice(0, end + 1), text.slice(end + 1)];
  return /^[\0\s]*(<!--.*)?$/s.test(tail) ? json : "";
}

function parseObject(text: string): Record<string, unknown> | undefined {
  const json = text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
  try {
    const value: unknown = JSON.parse(/"msg[iI]d"/.test(json) ? json.replace(MSGID_NUMBER, '$1"$2"') : json);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined; // not JSON: reported by the caller
  }
}

/** The answer to nearly every message of a broadcast, byte for byte: no JSON parser is needed. */
const USUAL = /^\{"errcode":0,"errmsg":"ok"(?:,"msgid":(\d{1,30}))?\}$/;

/**
 * A msgid written as a number, to be quoted before JSON.parse rounds it. A bare `"` can't occur within a JSON
 * string, so this never matches in the middle of one.
 */
const MSGID_NUMBER = /([{,]\s*"msg[iI]d"\s*:\s*)(-?\d+)(?=\s*[,}])/g;

/** PHP backends are known to send it. */
const BYTE_ORDER_MARK = 0xfeff;

function integerOf(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : undefined;
  return typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : undefined;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" && Number.isSafeInteger(value) ? String(value) : undefined;
}
