/** A body of either format: what stands under a name, in the order of the body. Texts are trimmed. */
export type Fields = ReadonlyMap<string, readonly Value[]>;
export type Value = string | Fields;

/** The vendor's deepest body has 5 levels; a reader that calls itself must not meet any number of them. */
export const MAX_DEPTH = 32;

/** The first text under a name; an empty one counts as none. */
export function textOf(fields: Fields, name: string): string | undefined {
  const text = fields.get(name)?.find((value) => typeof value === "string");
  return text === "" ? undefined : text;
}

/** What has fields of its own under a name. */
export function childrenOf(fields: Fields, name: string): Fields[] {
  return (fields.get(name) ?? []).filter((value) => typeof value !== "string");
}
