import { formatDuration, formatMinute } from "../../output/format.ts";
import type { Cell } from "../../output/output.ts";
import { usesOf } from "../../pool/code.ts";
import type { ShownCode } from "../../pool/summary.ts";
import type { Deps } from "../deps.ts";
import { NO_SEND, poolColumns } from "./show-sends.ts";

/** One code in the JSON document of `pool show`; a contract. */
export interface CodeDocument {
  formId?: string;
  /** Epoch ms. */
  expire?: number;
  expiresAt?: string;
  uses?: number;
  /** Of a payment's code at Baidu. */
  scene?: number;
  state: ShownCode["state"];
  /** Only when it claims to live longer than any code does. */
  overlong?: true;
  raw?: string;
}

/** Lines per table: drawing one of very many takes more than its share of time. */
const TABLE_ROWS = 1000;

const COLUMNS = [
  { title: "state" },
  { title: "formId" },
  { title: "expires" },
  { title: "uses", align: "right" as const },
];

/** Of the rows for programs; those of broadcasts, which stand below them, leave the middle ones empty. */
export const CODE_FIELDS = ["state", "formId", "expiresAt", "uses", "overlong"];

/** A table of codes. `whose`: what rows in a pipe begin with. */
export async function showCodes(
  { out }: Deps,
  codes: readonly ShownCode[],
  nowMs: number,
  whose: readonly string[],
): Promise<void> {
  const human = out.format === "human";
  const toRow = (code: ShownCode) => (human ? screenRow(code, nowMs) : plainRow(code));
  const columns = human ? COLUMNS : poolColumns(CODE_FIELDS, whose);
  for (let at = 0; at < codes.length && !out.closed.aborted; at += TABLE_ROWS) {
    const some = codes.slice(at, at + TABLE_ROWS);
    await out.table(
      columns,
      some.map((code) => [...whose, ...toRow(code)]),
    );
  }
}

function screenRow(shown: ShownCode, nowMs: number): Cell[] {
  if (!("code" in shown)) return [shown.state, shown.formId ?? rawText(shown.raw), shown.why, ""];
  const { formId, expireMs } = shown.code;
  const away = formatDuration(Math.abs(expireMs - nowMs));
  const words = expireMs > nowMs ? `in ${away}` : `${away} ago`;
  const mark = shown.overlong ? ", overlong" : "";
  return [shown.state, formId, `${formatMinute(expireMs)} (${words}${mark})`, usesOf(shown.code)];
}

function plainRow(shown: ShownCode): Cell[] {
  if (!("code" in shown)) return [shown.state, shown.formId ?? rawText(shown.raw), "", "", "", ...NO_SEND];
  const { formId, expireMs } = shown.code;
  const overlong = shown.overlong ? "overlong" : "";
  return [shown.state, formId, new Date(expireMs).toISOString(), usesOf(shown.code), overlong, ...NO_SEND];
}

export function toCodeDocument(shown: ShownCode): CodeDocument {
  if (!("code" in shown)) {
    const { formId, state, raw } = shown;
    return { ...(formId === undefined ? {} : { formId }), state, raw: rawText(raw) };
  }
  const { formId, expireMs, scene } = shown.code;
  return {
    formId,
    expire: expireMs,
    expiresAt: new Date(expireMs).toISOString(),
    uses: usesOf(shown.code),
    ...(scene === undefined ? {} : { scene }),
    state: shown.state,
    ...(shown.overlong ? { overlong: true } : {}),
  };
}

const LONGEST_RAW = 200;

/** An entry's bytes as text: UTF-8 where it is, and not more of it than helps. */
export function rawText(latin1: string): string {
  const text = Buffer.from(latin1, "latin1").toString("utf8");
  return text.length > LONGEST_RAW ? `${text.slice(0, LONGEST_RAW)}... (${latin1.length} bytes)` : text;
}
