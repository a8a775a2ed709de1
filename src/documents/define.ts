/**
 * JSON Schemas (2020-12) as values, each with the TypeScript type of what fits it. They are written with these functions
 * rather than with zod, because `--json=<fields>` reads them at every start: plain objects cost nothing to load.
 */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema;
  readonly $ref?: string;
}

declare const TYPE: unique symbol;

/** A schema; `T` is the type of its values, and exists for the compiler alone. */
export type Schema<T = unknown> = JsonSchema & { readonly [TYPE]?: T };

/** The type of the values that fit a schema. */
export type Infer<S> = S extends { readonly [TYPE]?: infer T } ? Exclude<T, undefined> : never;

/** A field that an object may lack. */
export interface Optional<T = unknown> {
  readonly optional: Schema<T>;
}

type Fields = Readonly<Record<string, Schema | Optional>>;
type OptionalKeys<F> = { [K in keyof F]: F[K] extends Optional ? K : never }[keyof F];
type ObjectOf<F extends Fields> = {
  -readonly [K in Exclude<keyof F, OptionalKeys<F>>]: Infer<F[K]>;
} & { -readonly [K in OptionalKeys<F>]?: F[K] extends Optional<infer T> ? T : never };

export function text(description: string): Schema<string> {
  return { type: "string", description };
}

/** A point in time, ISO 8601 in UTC. */
export function time(description: string): Schema<string> {
  return { type: "string", format: "date-time", description };
}

/** A whole number, not negative. */
export function count(description: string): Schema<number> {
  return { type: "integer", minimum: 0, description };
}

export function integer(description: string): Schema<number> {
  return { type: "integer", description };
}

/** What a platform calls an answer. */
export function errcode(description: string): Schema<number | string> {
  return { type: ["integer", "string"], description };
}

export function number(description: string): Schema<number> {
  return { type: "number", description };
}

export function flag(description: string): Schema<boolean> {
  return { type: "boolean", description };
}

/** Always `true`, in fields that are absent otherwise. */
export function yes(description: string): Schema<true> {
  return { const: true, description };
}

export function oneOf<const T extends string>(values: readonly T[], description: string): Schema<T> {
  return { type: "string", enum: values, description };
}

export function list<T>(items: Schema<T>, description: string): Schema<T[]> {
  return { type: "array", items, description };
}

/** Lowest and highest value of an estimate. */
export function interval(description: string): Schema<[number, number]> {
  return { type: "array", items: { type: "number" }, minItems: 2, maxItems: 2, description };
}

export function object<F extends Fields>(fields: F, description: string): Schema<ObjectOf<F>> {
  const entries = Object.entries(fields);
  return {
    type: "object",
    description,
    properties: Object.fromEntries(
      entries.map(([name, field]) => [name, isOptional(field) ? field.optional : field]),
    ),
    required: entries.filter(([, field]) => !isOptional(field)).map(([name]) => name),
  };
}

/** An object with any names, and values of one kind. */
export function map<T>(values: Schema<T>, description: string): Schema<Record<string, T>> {
  return { type: "object", additionalProperties: values, description };
}

/** An object that another system defines, such as the body of a request. */
export function anyObject(description: string): Schema<Record<string, unknown>> {
  return { type: "object", additionalProperties: {}, description };
}

/** Any JSON value. */
export function anything(description: string): Schema<unknown> {
  return { description };
}

/** Null as well; for schemas with a `type`. */
export function nullable<T>(schema: Schema<T>): Schema<T | null> {
  const { type = [], ...rest } = schema;
  const types = [...(typeof type === "string" ? [type] : type), "null"];
  return { ...rest, type: types, ...(rest.enum ? { enum: [...rest.enum, null] } : {}) } as Schema<T | null>;
}

export function optional<T>(schema: Schema<T>): Optional<T> {
  return { optional: schema };
}

/** The document itself again, in lists of its own kind. */
export function itself<T>(description: string): Schema<T> {
  return { $ref: "#", description };
}

function isOptional(field: Schema | Optional): field is Optional {
  return "optional" in field;
}

/** A document that push-cli prints or writes. */
export interface DocumentDefinition {
  /** As `push-cli schema <name>` takes it. */
  readonly name: string;
  readonly title: string;
  /** Raised when a field goes away, or changes its type or meaning; not when one is added. */
  readonly version: number;
  /** `lines`: one document per line (NDJSON). */
  readonly form: "document" | "lines";
  /** The commands that print it with --json, as they are typed: `pool list`. */
  readonly commands: readonly string[];
  readonly schema: Schema;
}

/** The JSON Schema of a document as it is printed. Fields may be added to a version: it allows those that it does not know. */
export function toJsonSchema({ name, version, title, schema }: DocumentDefinition): Record<string, unknown> {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: schemaId(name, version),
    title,
    ...schema,
  };
}

function schemaId(name: string, version: number): string {
  return `urn:push-cli:schema:${name}:${version}`;
}
