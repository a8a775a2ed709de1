import type { Command } from "commander";
import { nearestWord } from "../config/nearest.ts";
import { documentsOf } from "../documents/catalog.ts";
import type { JsonSchema } from "../documents/define.ts";
import { usageError } from "../errors.ts";
import { lineage } from "./words.ts";

/** The fields below a field; none where it has none, or any. */
export interface Fields {
  readonly [name: string]: Fields | "any";
}

/** The fields that a command prints with --json, of all its documents; undefined where it has none. */
export function fieldsOf(command: Command): Fields | undefined {
  const names = lineage(command).map((one) => one.name());
  const documents = documentsOf(names.reverse().slice(1).join(" "));
  if (documents.length === 0) return undefined;
  const all = documents.map(({ schema }) => fieldsIn(schema)).filter((fields) => fields !== "any");
  return all.reduce(mergeFields);
}

/** Of lists, the fields of what is in them. */
function fieldsIn(schema: JsonSchema): Fields | "any" {
  const { type, properties, additionalProperties, items } = schema;
  if (items) return fieldsIn(items);
  if (properties)
    return Object.fromEntries(Object.entries(properties).map(([name, below]) => [name, fieldsIn(below)]));
  const isOpen = additionalProperties !== undefined || (type === undefined && !("const" in schema));
  return isOpen ? "any" : {};
}

function mergeFields(some: Fields, more: Fields): Fields {
  const shared = Object.entries(more).map(([name, below]) => {
    const known = some[name] ?? {};
    return [name, known === "any" || below === "any" ? "any" : mergeFields(known, below)];
  });
  return { ...some, ...Object.fromEntries(shared) };
}

/** Throws a usage error for a field that the command's documents do not have. */
export function checkFields(command: Command, paths: readonly string[]): void {
  const fields = fieldsOf(command);
  for (const path of fields ? paths : []) {
    const missing = missingIn(fields as Fields, path.split("."));
    if (!missing) continue;
    const [where, names] = missing;
    const meant = nearestWord(path.split(".").at(where.length) ?? "", names);
    const before = where.map((name) => `${name}.`).join("");
    const there =
      names.length === 0
        ? `${where.join(".")} has no fields`
        : `valid fields: ${names.map((name) => before + name).join(", ")}`;
    throw usageError(
      `--json: unknown field '${path}'`,
      meant ? `did you mean ${before}${meant}? ${there}` : there,
    );
  }
}

/** Where a path leaves what there is, and what there is in that place. */
function missingIn(fields: Fields, path: readonly string[]): [where: string[], names: string[]] | undefined {
  let at: Fields | "any" = fields;
  for (const [i, name] of path.entries()) {
    if (at === "any") return undefined;
    if (!Object.hasOwn(at, name)) return [path.slice(0, i), Object.keys(at)];
    at = at[name] as Fields | "any";
  }
  return undefined;
}
