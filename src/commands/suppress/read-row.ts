import type { Wish } from "../../broadcast/suppression.ts";
import type { InputRecord } from "../../files/lines.ts";
import { quoteValue } from "../../pool/quote-value.ts";
import { notListed, toListed } from "../open-ids.ts";
import { toMoment, toReason } from "./wish.ts";

/** A row of a suppression list. */
interface Row {
  openId: string;
  wish: Wish;
  /** Its end has come. */
  isOver: boolean;
}

/** What a row of a file wishes, or why that can't be told. `reason`: that of rows without one. */
export function createRowReader(
  toOpenId: (text: string) => string | undefined,
  nowMs: number,
  reason: string | undefined,
): (record: InputRecord) => Row | string {
  return ({ fields, error }) => {
    if (error !== undefined) return error;
    const openId = toListed(fields.openId, toOpenId);
    if (openId === undefined) return notListed(fields.openId);
    const own = toReason(fieldOf(fields, "reason"));
    if (own && "fault" in own) return own.fault;
    const until = fieldOf(fields, "until");
    const hasEnd = until !== undefined && until !== null && until !== "";
    const untilMs = hasEnd ? toMoment(until) : undefined;
    if (hasEnd && untilMs === undefined)
      return `${quoteValue(until)} is not a time: ISO 8601, or seconds or milliseconds since 1970`;
    const isOver = untilMs !== undefined && untilMs <= nowMs;
    return { openId, wish: { openId, reason: own?.reason ?? reason, untilMs }, isOver };
  };
}

/** Columns go by their names without case; `columns.ts` knows those alone that no message has for its own. */
function fieldOf(fields: Record<string, unknown>, name: string): unknown {
  if (name in fields) return fields[name];
  const found = Object.keys(fields).find((field) => field.trim().toLowerCase() === name);
  return found === undefined ? undefined : fields[found];
}
