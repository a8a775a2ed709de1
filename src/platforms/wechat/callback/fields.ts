/** A body of either format: the values of each name, in the order of the body. Texts are trimmed. */
export type Fields = ReadonlyMap<string, readonly Value[]>;
export type Value = string | Fields;

/** The vendor's deepest body has 5 levels; the recursion of the reader must be bounded. */
export const MAX_DEPTH = 32;

/** The first text of a name; an empty one counts as missing. */
export function textOf(fields: Fields, name: string): string | undefined {
  const text = fields.get(name)?.find((value) => typeof value === "string");
  return text === "" ? undefined : text;
}

/** The values of a name that have fields themselves. */
export function childrenOf(fields: Fields, name: string): Fields[] {
  return (fields.get(name) ?? []).filter((value) => typeof value !== "string");
}
