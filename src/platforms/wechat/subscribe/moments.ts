/**
 * Allowed formats of times and dates, from the vendor's page on subscribe messages: `y年m月d日`, `y年m月`, `m月d日`, the same joined
 * by `-`, `/` or `.`, 24 hours `HH:MM` or `HH:MM:SS`, ranges with `~`. A date may precede a time, and a time may follow a
 * date.
 */
const YEAR = "\\d{4}";
const MONTH = "(?:0?[1-9]|1[0-2])";
const DAY = "(?:0?[1-9]|[12]\\d|3[01])";
const CLOCK = "(?:[01]?\\d|2[0-3]):[0-5]\\d(?::[0-5]\\d)?";

const IN_WORDS = `(?:${YEAR}年${MONTH}月(?:${DAY}日)?|${MONTH}月${DAY}日)`;
const JOINED = ["-", "/", "\\."]
  .map((mark) => `${YEAR}${mark}${MONTH}(?:${mark}${DAY})?|${MONTH}${mark}${DAY}`)
  .join("|");
const DAY_OF_YEAR = `(?:${IN_WORDS}|${JOINED})`;

const ONE_TIME = `(?:${DAY_OF_YEAR}\\s+|${IN_WORDS})?${CLOCK}`;
const ONE_DATE = `${DAY_OF_YEAR}(?:\\s+${CLOCK})?|${IN_WORDS}${CLOCK}`;

function orRange(one: string, other: string): RegExp {
  return new RegExp(`^(?:${one})(?: ?~ ?(?:${other}))?$`);
}

export const TIME = orRange(ONE_TIME, ONE_TIME);
/** The end of a range within one day may be only a time. */
export const DATE = orRange(ONE_DATE, `${ONE_DATE}|${CLOCK}`);
