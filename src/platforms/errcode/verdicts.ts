import type { AnswerClass, Errcode } from "../../broadcast/ports.ts";

/** What an errcode means to a sender; `meaning` and `hint` are absent if nothing is known or can be done. */
export interface ErrcodeVerdict {
  class: AnswerClass;
  afterUncertain?: "sent" | undefined;
  meaning?: string | undefined;
  /** What the operator can do. */
  hint?: string | undefined;
}

/** The errcodes of one endpoint: the same number means something else at another endpoint. */
export type ErrcodeTable = ReadonlyMap<Errcode, ErrcodeVerdict>;

export type Row = readonly [errcode: Errcode, meaning: string, hint?: string];
export type Rows = Readonly<Partial<Record<AnswerClass, readonly Row[]>>>;

/**
 * Later rows override earlier ones. `provesSent`: refusals which show, after an attempt with unknown outcome,
 * that it arrived.
 */
export function makeTable(rows: readonly Rows[], provesSent: readonly Errcode[] = []): ErrcodeTable {
  const table = new Map<Errcode, ErrcodeVerdict>();
  for (const part of rows) {
    for (const [name, ofClass] of Object.entries(part)) {
      for (const [errcode, meaning, hint] of ofClass)
        table.set(errcode, { class: name as AnswerClass, meaning, hint });
    }
  }
  for (const errcode of provesSent) table.set(errcode, { ...table.get(errcode)!, afterUncertain: "sent" });
  return table;
}

/** The verdict on `errcode`; codes that are not in the table are `unlisted`. */
export function classify(table: ErrcodeTable, errcode: Errcode): ErrcodeVerdict {
  return table.get(errcode) ?? UNLISTED;
}

const UNLISTED: ErrcodeVerdict = { class: "unlisted" };
