import { usageError } from "../../errors.ts";

/** `thing1`, `character_string2`: the part before `.DATA` in a template's content. */
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

/** Throws a usage error for names that --field can't contain. */
export function checkFieldName(name: string): void {
  if (NAME.test(name)) return;
  const bare = name.replace(/^\{*|\.DATA\}*$/gi, "");
  throw usageError(
    `--field '${name}' is not the name of a field`,
    NAME.test(bare) ? `--field '${bare}=...'` : "a name such as thing1, as the template's content has it",
  );
}
