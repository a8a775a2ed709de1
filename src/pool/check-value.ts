import { isFormId } from "./code.ts";
import { isUsualFormId } from "./plain-entry.ts";
import { quoteValue } from "./quote-value.ts";

/** How databases, spreadsheets and programming languages write a missing value. */
const NO_VALUES = new Set(["null", "(null)", "\\n", "none", "undefined", "nil", "nan", "n/a", "#n/a"]);

/** The length of the longest of them. */
const LONGEST = 9;

function isNoValue(text: string): boolean {
  return text.length <= LONGEST && NO_VALUES.has(text.toLowerCase());
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === "";
}

const NO_VALUE = "it marks a missing value";
const ROUNDED = "rounded by a spreadsheet, its last digits are lost; format the column as text there";

/** 1.53974E+12: what Excel turns 13 digits into. */
function isRounded(text: string): boolean {
  return /^\d(?:[.,]\d+)?E\+\d+$/i.test(text);
}

/** Characters that no openId holds, but that a wrongly split line does. */
const DELIMITER = /[,;|"'`\\]/;

/** Why a value is not an openId; undefined when it may be one. */
export function openIdFault(value: unknown, isOpenId: (text: string) => boolean): string | undefined {
  if (isEmpty(value)) return "it has no openId";
  const fault = (why = "") => `${quoteValue(value)} is not an openId${why}`;
  if (typeof value !== "string") return fault();
  if (isNoValue(value)) return fault(`: ${NO_VALUE}`);
  if (!isOpenId(value)) return fault();
  const [delimiter] = DELIMITER.exec(value) ?? [];
  return delimiter === undefined ? undefined : fault(`: it contains ${delimiter}`);
}

/** Why a value is not a formId; undefined when it may be one. */
export function formIdFault(value: unknown): string | undefined {
  if (isEmpty(value)) return "it has no formId";
  const fault = (why = "") => `${quoteValue(value)} is not a formId${why}`;
  if (typeof value !== "string") return fault();
  if (isUsualFormId(value)) return undefined;
  if (isNoValue(value)) return fault(`: ${NO_VALUE}`);
  if (isRounded(value)) return fault(`: ${ROUNDED}`);
  return isFormId(value) ? undefined : fault();
}

/** Why a value is not a valid expiry; the value must be invalid. */
export function expiryFault(value: unknown): string {
  if (isEmpty(value)) return "it has no expiry";
  const why =
    typeof value === "string" && isRounded(value)
      ? ROUNDED
      : "epoch seconds (10 digits), ms (13), µs (16) or ns (19), or ISO 8601";
  return `${quoteValue(value)} is not an expiry: ${why}`;
}

/**
 * Whether an openId has the shape of WeChat's: 28 letters, digits, _ and -. OpenIds in test environments are often
 * shorter.
 */
export function looksLikeOpenId(openId: string): boolean {
  return /^[\w-]{28}$/.test(openId);
}
