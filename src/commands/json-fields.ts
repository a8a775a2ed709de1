import { usageError } from "../errors.ts";

const PREFIX = "--json=";

/**
 * Takes the fields of `--json=field,field` off a command line, in which `--json` is left. Commander would have to take the word
 * behind a `--json` without them for its value. Throws a usage error for a name that is empty.
 */
export function takeJsonFields(argv: readonly string[]): { argv: string[]; fields: string[] } {
  const end = argv.indexOf("--");
  const fields: string[] = [];
  const rest = argv.map((word, at) => {
    if (!word.startsWith(PREFIX) || (end >= 0 && at > end)) return word;
    fields.push(
      ...word
        .slice(PREFIX.length)
        .split(",")
        .map((name) => name.trim()),
    );
    return "--json";
  });
  if (fields.some((path) => path.split(".").includes("")))
    throw usageError(
      `--json=${fields.join(",")}: empty field name`,
      "--json=openId,valid selects fields, --json=outcomes.sent a nested one; --json alone prints all",
    );
  return { argv: rest, fields };
}
