import type { MessageField, Problem } from "../../../broadcast/channel.ts";
import { DATE, TIME } from "./moments.ts";

/** A type of template field; in a field's name it is followed by a number, `thing1`. */
interface FieldType {
  /** Maximum number of characters in a value; `counted` says which ones count, by default all. */
  most?: number;
  counted?: RegExp;
  /** The required form of a value, and its description. */
  form?: RegExp;
  says: string;
  /** Why a value is doubtful that the documents neither allow nor forbid. */
  doubt?: (value: string) => string | undefined;
}

const SIGNED = /^[+-]\d/;

/**
 * Limits from the vendor's page on subscribe messages ("parameter value limits"); where that page is silent, forms are the
 * narrowest that its examples allow. Signs before numbers and digits in names are not mentioned anywhere.
 */
const TYPES: Readonly<Record<string, FieldType>> = {
  thing: { most: 20, says: "text", doubt: doubtWidth(20) },
  number: {
    most: 32,
    counted: /\d/g,
    form: /^[+-]?\d+(\.\d+)?$/,
    says: "digits, with decimals if need be",
    doubt: (value) =>
      SIGNED.test(value) ? "has a sign, which the platform's rules don't mention" : undefined,
  },
  letter: { most: 32, form: /^[A-Za-z]+$/, says: "letters from A to Z" },
  symbol: { most: 5, form: /^[^\p{L}\p{N}]+$/u, says: "symbols, without letters, digits or Hanzi" },
  character_string: {
    most: 32,
    form: /^\P{Script=Han}+$/u,
    says: "digits, letters and symbols, without Hanzi",
  },
  time: { form: TIME, says: "a time such as 15:01 or '2019年10月1日 15:01', or two with ~ between" },
  date: { form: DATE, says: "a date such as 2019年10月1日 or 2019-10-01, or two with ~ between" },
  amount: {
    form: /^\p{Sc}?\d{1,10}(\.\d+)?元?$/u,
    says: "at most one currency sign, at most 10 digits, decimals and 元 at the end",
  },
  phone_number: { most: 17, form: /^[^\p{L}]+$/u, says: "digits and symbols" },
  car_number: {
    most: 8,
    form: /^[\p{Script=Han}A-Za-z0-9]([A-Za-z0-9]*[\p{Script=Han}A-Za-z0-9])?$/u,
    says: "letters and digits; the first and the last may be Hanzi",
  },
  name: {
    form: /^(?=.*\p{Script=Han}).{1,10}$|^\P{Script=Han}{1,20}$/u,
    says: "at most 10 characters with Hanzi among them, or 20 letters and symbols",
    doubt: (value) =>
      /\d/.test(value) ? "has digits, which the platform's rules don't mention for names" : undefined,
  },
  phrase: { most: 5, form: /^\p{Script=Han}+$/u, says: "Hanzi" },
};

/** Line breaks too: the vendor's page forbids control characters in every type. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u;

/** `thing` for `thing1`. The vendor's text says `thing01`, real templates `thing1`. */
export function typeOfField(name: string): string {
  return name.replace(/\d+$/, "");
}

/**
 * The problems of a field's value, by the type in the field's name: errors if the documents exclude it, warnings where they
 * are silent. `allowed`: the only values that the account's template list allows.
 *
 * Lengths are counted in code points. It is unknown whether the platform counts an emoji as one or as two, so a value that
 * fits only if it counts as one is a warning.
 */
export function checkField({ name, value }: MessageField, allowed?: readonly string[]): Problem | undefined {
  const shown = `${name} '${shorten(value)}'`;
  const control = CONTROL.exec(value)?.[0];
  if (control !== undefined) return error(`${shown} holds ${nameOf(control)}, which no field may have`);
  if (value === "") return error(`${name} is empty`, "the platform refuses a message with an empty field");
  if (allowed !== undefined && allowed.length > 0) return checkListed(shown, value, allowed);
  const type = TYPES[typeOfField(name)];
  if (type === undefined)
    return warning(`${shown} can't be checked: the platform has no documented rule for it`);
  const long = checkLength(shown, value, type);
  if (long !== undefined) return error(long, isCut(name) ? "--truncate cuts it to its limit" : undefined);
  if (type.form?.test(value) === false)
    return error(`${shown} has ${charsOf(value)} and is not ${type.says}`);
  if (value.trim() === "") return warning(`${shown} is blank`);
  const doubt = type.doubt?.(value);
  return doubt === undefined ? undefined : warning(`${shown} ${doubt}`);
}

/** Describes the valid values of a field; undefined if the platform has no documented rule. */
export function describeField(name: string): string | undefined {
  const type = TYPES[typeOfField(name)];
  if (type === undefined) return undefined;
  const most = type.most === undefined ? "" : `, at most ${type.most} ${unitOf(type)}`;
  return `${type.says}${most}`;
}

function unitOf({ counted }: FieldType): string {
  return counted ? "digits" : "characters";
}

function checkLength(shown: string, value: string, type: FieldType): string | undefined {
  const { most, counted } = type;
  if (most === undefined) return undefined;
  const count = counted ? (value.match(counted) ?? []).length : lengthOf(value);
  return count > most ? `${shown} has ${count} ${unitOf(type)}; at most ${most}` : undefined;
}

function checkListed(shown: string, value: string, allowed: readonly string[]): Problem | undefined {
  if (allowed.includes(value)) return undefined;
  const some = allowed.slice(0, MAX_LISTED).join(", ");
  const more = allowed.length > MAX_LISTED ? ` and ${allowed.length - MAX_LISTED} more` : "";
  return error(`${shown} is none of the template's values`, `it takes ${some}${more}`);
}

const MAX_LISTED = 12;

/** Types whose values may be truncated without changing their meaning: not numbers or dates. */
const CUT_TYPES = ["thing", "character_string"];
const ELLIPSIS = "...";

function isCut(name: string): boolean {
  return CUT_TYPES.includes(typeOfField(name));
}

/**
 * Truncates a value that is too long to its limit if the type allows it; the final `...` counts. Counted in UTF-16 units, so
 * that the result fits however the platform counts; no emoji is split.
 */
export function truncateField(field: MessageField): MessageField {
  const most = isCut(field.name) ? TYPES[typeOfField(field.name)]?.most : undefined;
  if (most === undefined || field.value.length <= most) return field;
  let kept = "";
  for (const { segment } of new Intl.Segmenter().segment(field.value)) {
    if (kept.length + segment.length > most - ELLIPSIS.length) break;
    kept += segment;
  }
  return { ...field, value: `${kept}${ELLIPSIS}` };
}

function doubtWidth(most: number): (value: string) => string | undefined {
  return (value) =>
    value.length > most
      ? `has ${value.length} characters if an emoji counts as two, which is not known; at most ${most}`
      : undefined;
}

function lengthOf(value: string): number {
  return [...value].length;
}

function charsOf(value: string): string {
  const count = lengthOf(value);
  return `${count} character${count === 1 ? "" : "s"}`;
}

/** The part of a value that a message shows to identify it. */
const SHOWN = 40;

function shorten(value: string): string {
  const chars = [...value.replace(new RegExp(CONTROL, "gu"), "\ufffd")];
  return chars.length <= SHOWN ? chars.join("") : `${chars.slice(0, SHOWN - 1).join("")}…`;
}

function nameOf(control: string): string {
  if (control === "\n" || control === "\r") return "a line break";
  if (control === "\t") return "a tab";
  return `the control character U+${control.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}

function error(what: string, hint?: string): Problem {
  return { severity: "error", what, hint };
}

function warning(what: string): Problem {
  return { severity: "warning", what };
}
