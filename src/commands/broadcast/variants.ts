import type { Command } from "commander";
import { usageError } from "../../errors.ts";
import { parseKeywords } from "./keywords.ts";

/** Repeatable, one text each: a variadic option would take the template id that follows. */
export function addVariantOptions(command: Command): Command {
  const more = (text: string, before: string[] = []) => [...before, text];
  return command
    .option("--variant <name=csv>", "One of several texts to compare: 'A:70%=a,b'; repeat for each", more)
    .option("--variant-field <field>", "A variant's value by field name: 'A.thing1=...'; repeatable", more);
}

export interface VariantFlags {
  variant?: string[];
  variantField?: string[];
  /** False: --no-keywords. */
  keywords?: string | false;
  keywordsDelimiter?: string;
  field?: string[];
}

/** One of `--variant`, before a channel has looked at its texts. */
export interface VariantInput {
  name: string;
  /** From 0 to 1. */
  share: number;
  /** By position; none where they are named. */
  values: string[];
  /** By name, of --variant-field alone. */
  named?: Map<string, string> | undefined;
}

/** More texts than anybody compares. */
const MOST = 20;

/** `A:70%=one,two`; a text of its own may be missing where --variant-field gives it. */
const VARIANT = /^([^=:]*)(?::([^=]*))?(?:=(.*))?$/s;
const NAME = /^[A-Za-z0-9_-]{1,32}$/;

/** The texts of `--variant`, with shares that add up to 1; undefined without any. Throws a usage error. */
export async function parseVariants(flags: VariantFlags): Promise<VariantInput[] | undefined> {
  const { variant: texts = [], variantField = [], keywords, keywordsDelimiter, field } = flags;
  if (texts.length === 0) {
    if (variantField.length === 0) return undefined;
    throw usageError("--variant-field requires --variant", "name the variants: --variant A --variant B");
  }
  if (keywords !== undefined)
    throw usageError(
      `--variant and ${keywords === false ? "--no-keywords" : "--keywords"} can't be used together`,
      "each variant has its own values: --variant 'A=a,b' --variant 'B=c,d'",
    );
  const parts = texts.map(splitVariant);
  checkNames(parts.map(({ name }) => name));
  const named = splitFields(
    variantField,
    parts.map(({ name }) => name),
  );
  const shares = shareOut(parts);
  const variants: VariantInput[] = [];
  for (const [i, { name, csv }] of parts.entries()) {
    const own = named.get(name);
    checkTexts(name, csv, own, field);
    const option = `--variant ${name}`;
    const values = csv === undefined ? [] : await parseKeywords(csv, keywordsDelimiter, option);
    variants.push({
      name,
      share: shares[i]!,
      values,
      named: csv === undefined ? (own ?? new Map()) : undefined,
    });
  }
  return variants;
}

interface Part {
  name: string;
  /** As given: `70%`. */
  share: string | undefined;
  csv: string | undefined;
}

function splitVariant(text: string): Part {
  const [, name = "", share, csv] = VARIANT.exec(text) ?? [];
  if (NAME.test(name)) return { name, share, csv };
  throw usageError(
    `--variant '${text}' does not begin with a name`,
    "1 to 32 letters, digits, _ and -, then the values: --variant 'A=a,b' --variant 'B:30%=c,d'",
  );
}

function checkNames(names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined)
    throw usageError(`--variant ${twice} is given twice`, "give each variant another name");
  if (names.length === 1)
    throw usageError(`--variant ${names[0]} is the only one`, "give at least two, or use --keywords");
  if (names.length > MOST)
    throw usageError(
      `--variant is given ${names.length} times; the maximum is ${MOST}`,
      "compare fewer texts",
    );
}

/** `A.thing1=text`, by variant. */
function splitFields(texts: readonly string[], names: readonly string[]): Map<string, Map<string, string>> {
  const fields = new Map<string, Map<string, string>>();
  for (const text of texts) {
    const [, variant = "", name = "", value = ""] = /^([^.=]+)\.([^=]+)=(.*)$/s.exec(text) ?? [];
    if (variant === "")
      throw usageError(
        `--variant-field '${text}' is not variant.field=value`,
        "--variant-field 'A.thing1=...'",
      );
    if (!names.includes(variant))
      throw usageError(
        `--variant-field '${text}': there is no variant '${variant}'`,
        `the variants are ${names.join(", ")}`,
      );
    const own = fields.get(variant) ?? new Map<string, string>();
    if (own.has(name.trim()))
      throw usageError(`--variant-field sets ${variant}.${name.trim()} twice`, "remove one of them");
    fields.set(variant, own.set(name.trim(), value));
  }
  return fields;
}

function checkTexts(
  name: string,
  csv: string | undefined,
  own: ReadonlyMap<string, string> | undefined,
  field: readonly string[] | undefined,
): void {
  if (csv !== undefined && (own || field))
    throw usageError(
      `--variant ${name} has values by position, and ${own ? "--variant-field" : "--field"} has some by name`,
      `use only one of them: --variant ${name} without '=', or without the option`,
    );
  if (csv === undefined && !own && !field)
    throw usageError(
      `--variant ${name} has no values`,
      `--variant '${name}=a,b', or --variant-field '${name}.thing1=...'`,
    );
}

/** Ten-thousandths of a percent, so that 33.3 and its like add up exactly. */
const UNITS = 10_000;
const WHOLE = 100 * UNITS;

/** Each variant's share, from 0 to 1. Those without one of their own have equal parts of what the others leave. */
function shareOut(parts: readonly Part[]): number[] {
  const given = parts.map(({ name, share }) => (share === undefined ? undefined : parseShare(name, share)));
  const sum = given.reduce<number>((total, units = 0) => total + units, 0);
  const open = given.filter((units) => units === undefined).length;
  const total = `${sum / UNITS}%`;
  if (sum > WHOLE || (open === 0 && sum < WHOLE))
    throw usageError(
      `the shares of --variant add up to ${total}, not to 100%`,
      "a variant without a share gets the rest",
    );
  if (open > 0 && sum === WHOLE) {
    const rest = parts.filter(({ share }) => share === undefined).map(({ name }) => name);
    throw usageError(
      `the shares of --variant add up to 100%, which leaves nothing for ${rest.join(", ")}`,
      "lower the others, or give every variant a share",
    );
  }
  return given.map((units) => (units ?? (WHOLE - sum) / open) / WHOLE);
}

function parseShare(name: string, text: string): number {
  const digits = /^(\d{1,3}(?:\.\d{1,4})?)%$/.exec(text.trim())?.[1];
  const units = Math.round(Number(digits) * UNITS);
  if (units > 0 && units < WHOLE) return units;
  throw usageError(
    `--variant ${name}: '${text}' is not a share`,
    `a percentage between 0% and 100%: '${name}:30%=...'`,
  );
}
