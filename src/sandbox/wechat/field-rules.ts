const HOUR = String.raw`(?:[01]?\d|2[0-3])`;
const CLOCK = `${HOUR}:[0-5]\\d(?::[0-5]\\d)?`;
const MONTH = "(?:0?[1-9]|1[0-2])";
const DAY = String.raw`(?:0?[1-9]|[12]\d|3[01])`;
const JOINED = ["-", "/", "\\."].flatMap((mark) => [
  `\\d{4}${mark}${MONTH}${mark}${DAY}`,
  `\\d{4}${mark}${MONTH}`,
  `${MONTH}${mark}${DAY}`,
]);
const DATE = `(?:\\d{4}年${MONTH}月${DAY}日|\\d{4}年${MONTH}月|${MONTH}月${DAY}日|${JOINED.join("|")})`;

/**
 * The rules for each type from the vendor's page on subscribe messages, and nothing that it leaves open: such values
 * pass. A regular expression with the flag `u` counts code points.
 */
const PATTERNS: Record<string, RegExp> = {
  thing: /^.{1,20}$/u,
  number: /^\d+(?:\.\d+)?$/,
  letter: /^[A-Za-z]{1,32}$/,
  symbol: /^[^\p{L}\p{N}]{1,5}$/u,
  character_string: /^[^\p{Script=Han}]{1,32}$/u,
  time: rangeOf(`(?:${DATE}\\s*)?${CLOCK}`),
  date: rangeOf(`${DATE}(?:\\s*${CLOCK})?`),
  amount: /^\p{Sc}?\d{1,10}(?:\.\d+)?元?$/u,
  phone_number: /^[^\p{L}]{1,17}$/u,
  car_number: /^(?=.{1,8}$)[\p{Script=Han}A-Za-z\d]?[A-Za-z\d]*[\p{Script=Han}A-Za-z\d]$/u,
  // With Hanzi, alone or mixed: 10; without: 20.
  name: /^(?:[^\p{N}]{1,10}|[^\p{N}\p{Script=Han}]{1,20})$/u,
  phrase: /^\p{Script=Han}{1,5}$/u,
};
const MAX_DIGITS = 32;

/** Whether a field accepts a value that is not empty. `allowed`: the only allowed values, for an enum. */
export function fitsField(key: string, value: string, allowed?: readonly string[]): boolean {
  if (hasControlCharacter(value)) return false;
  const type = typeOf(key);
  if (type.startsWith("enum")) return allowed === undefined || allowed.includes(value);
  if (type === "number" && value.replace(".", "").length > MAX_DIGITS) return false;
  return PATTERNS[type]?.test(value) ?? true;
}

/** A loop, because a Unicode class takes several times as long, and it runs for every value. */
function hasControlCharacter(value: string): boolean {
  for (let i = 0; i < value.length; i += 1) {
    const char = value.charCodeAt(i);
    if (char < 32 || (char >= 127 && char < 160)) return true;
  }
  return false;
}

/** `character_string12` is a character_string. */
function typeOf(key: string): string {
  return key.replace(/\d+$/, "");
}

function rangeOf(moment: string): RegExp {
  return new RegExp(`^${moment}(?:\\s*~\\s*${moment})?$`);
}
