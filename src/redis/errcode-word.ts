import type { Errcode } from "../broadcast/ports.ts";

/** Records of ledgers and receipts consist of words between spaces. */
const WORD = /^[\x21-\x7e]{1,64}$/;
const NUMBER = /^-?\d{1,15}$/;

/** As written in a record; "-" for none, and for one that is not a word. */
export function errcodeWord(errcode: Errcode | undefined): string {
  const text = errcode === undefined ? "-" : String(errcode);
  return WORD.test(text) ? text : "-";
}

export function readErrcode(word: string | undefined): Errcode | undefined {
  if (word === undefined || word === "-") return undefined;
  return NUMBER.test(word) ? Number(word) : word;
}
