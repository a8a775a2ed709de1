import type { Command } from "commander";
import { nearestWord } from "../config/nearest.ts";
import { usageError } from "../errors.ts";
import type { FormatChoice, OutputOptions } from "../output/output.ts";
import { COLOR_CHOICES, type ColorChoice } from "../output/style.ts";
import { suggestingOption } from "./suggest.ts";
import { lineage } from "./words.ts";

export interface OutputFlags {
  json?: boolean;
  /** What jq is to make of the documents. */
  jq?: string;
  /** How data is printed: one of FORMATS. */
  format?: string;
  /** Whether rows begin with a line of titles. */
  header?: boolean;
  /** One of COLOR_CHOICES; false with --no-color. */
  color?: string | boolean;
}

const FORMATS = ["table", "tsv", "csv", "json", "openid"] as const;

/** How data is printed. */
export function addOutputOptions(program: Command): Command {
  return program
    .option("--json", "Print JSON (lists: NDJSON), and errors as JSON on stderr")
    .option("--jq <expression>", "Filter the JSON with jq, for example '.outcomes.sent'; prints raw strings")
    .addOption(
      suggestingOption(
        "--format <format>",
        "Output format: table, tsv, csv, json or openid (default: table on a terminal, tsv in a pipe)",
        FORMATS,
      ),
    )
    .option("--header", "Print a header line (default for table and csv)")
    .option("--no-header", "Omit the header line")
    .addOption(
      suggestingOption("--color <when>", "Use color: auto (on a terminal), always or never", COLOR_CHOICES),
    )
    .option("--no-color", "Same as --color never");
}

/** Commands whose lines of JSON are what they are for: files for import, a log. */
const JSON_ALONE = ["pool export", "collector start"];

/** How to report that a command line can't be understood: read off its words, because nothing else is known of it. */
export function guessOutput(words: readonly string[]): Pick<OutputOptions, "as" | "color"> {
  const lastOf = (flag: string) =>
    words
      .flatMap((word, at) =>
        word === flag
          ? words.slice(at + 1, at + 2)
          : word.startsWith(`${flag}=`)
            ? [word.slice(flag.length + 1)]
            : [],
      )
      .at(-1);
  const isJson = words.some((word) => /^--(json|jq)(=|$)/.test(word)) || lastOf("--format") === "json";
  const color = COLOR_CHOICES.find((choice) => choice === lastOf("--color")) ?? "auto";
  return { as: isJson ? "json" : undefined, color: words.includes("--no-color") ? "never" : color };
}

/** What the options say of the output. Throws a usage error for values that there are not, and for options that exclude each other. */
export async function chooseOutput(
  command: Command,
  { json, jq, format, header, color }: OutputFlags,
): Promise<Pick<OutputOptions, "as" | "header" | "color">> {
  const as = format === undefined ? undefined : parse(format, FORMATS, "--format");
  const isJson = json === true || jq !== undefined;
  if (isJson && as !== undefined && as !== "json")
    throw usageError(
      `--format ${as} and ${jq === undefined ? "--json" : "--jq"} can't be used together`,
      "use only one of them",
    );
  const chosen: FormatChoice | undefined = isJson ? "json" : as;
  if (header !== undefined && (chosen === "json" || chosen === "openid"))
    throw usageError(
      `${header ? "--header" : "--no-header"}: ${chosen === "json" ? "JSON has" : "a list of openIds has"} no header`,
      "it applies to --format tsv, csv and table",
    );
  if (as !== undefined && as !== "json") await checkRows(command, as);
  return { as: chosen, header, color: parseColor(color) };
}

/** `--no-color` is false. */
function parseColor(color: OutputFlags["color"]): ColorChoice {
  if (color === undefined) return "auto";
  if (typeof color === "boolean") return color ? "auto" : "never";
  return parse(color, COLOR_CHOICES, "--color");
}

async function checkRows(command: Command, as: FormatChoice): Promise<void> {
  const path = lineage(command)
    .map((one) => one.name())
    .reverse()
    .slice(1)
    .join(" ");
  if (JSON_ALONE.includes(path))
    throw usageError(`--format ${as}: ${path} always prints NDJSON`, "omit --format");
  if (as !== "openid") return;
  const { documentsOf } = await import("../documents/catalog.ts");
  const lists = documentsOf(path).some(({ form, schema }) => form === "lines" && schema.properties?.openId);
  if (!lists)
    throw usageError(
      `--format openid: ${path} does not list users`,
      "use it with pool list, suppress list or broadcast recipients",
    );
}

function parse<T extends string>(text: string, choices: readonly T[], option: string): T {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  const near = nearestWord(text, choices);
  const meant = near === undefined ? "" : `did you mean ${near}? `;
  throw usageError(`invalid value '${text}' for ${option}`, `${meant}valid values: ${choices.join(", ")}`);
}
