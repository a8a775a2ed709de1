import fc from "fast-check";
import { JAVA_READABLE, JAVA_UNREADABLE } from "../pool/java/forms.ts";

/*
 * Streams of Java serialization as latin1 strings: objects of made-up classes with the fields that matter and others, all
 * kinds of values, strings and classes written once and referred to later; and the fixtures that Java itself wrote.
 */

interface Class {
  name: string;
  flags: number;
  fields: [kind: string, name: string][];
  parent: Class | undefined;
}

type Value =
  | { is: "null" }
  | { is: "text"; text: string; long: boolean }
  | { is: "reference"; handle: number }
  | { is: "enum"; class: Class }
  | { is: "array"; name: string; items: Value[] }
  | { is: "object"; class: Class; fields: Value[]; more: (Value | string)[] };

const SIZES: Record<string, number> = { B: 1, S: 2, I: 4, J: 8, C: 2, D: 8, F: 4, Z: 1 };

type Arb<T> = fc.Arbitrary<T>;

const NUMBER: Class = { name: "java.lang.Number", flags: 2, fields: [], parent: undefined };
const className = fc.constantFrom(
  "c.F",
  "com.example.FormTemplateVO",
  "java.util.Date",
  "java.util.HashMap",
  "java.util.ArrayList",
  "java.lang.Long",
  "java.util.Arrays$ArrayList",
);
const fieldName = fc.constantFrom("formId", "formId", "expire", "expire", "uses", "a", "x");
const field = fc.tuple(fc.constantFrom(..."LLLLLJIJIBSCDFZ["), fieldName);

const { type } = fc.letrec<{ type: Class }>((tie) => ({
  type: fc.record({
    name: className,
    flags: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(2, 2, 2, 3) }, fc.constantFrom(12, 4, 18, 0)),
    fields: fc.array(field, { maxLength: 4 }),
    parent: fc.option(tie("type"), { nil: undefined, freq: 3, depthSize: "small" }),
  }),
}));

const bytes = (length: number): Arb<string> =>
  fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((array) => Buffer.from(array).toString("latin1"));

/** Whole numbers as Java writes them in so many bytes, often times of our days. */
function whole(size: number): Arb<string> {
  const near = fc.integer({ min: 1e12, max: 4e12 }).map((ms) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64BE(BigInt(ms));
    return buffer.toString("latin1").slice(-size);
  });
  return fc.oneof({ weight: 3, arbitrary: near }, bytes(size));
}

const text = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.string({ unit: fc.constantFrom(..."abc019%.^$-"), minLength: 1, maxLength: 8 }),
  },
  { weight: 3, arbitrary: fieldName },
  { weight: 2, arbitrary: fc.integer({ min: 1e12, max: 4e12 }).map(String) },
  fc.integer({ min: 1e12, max: 4e12 }).map((ms) => `{"formId":"a","expire":${ms}}`),
  fc.constantFrom("the formId is a mock one", "", "[]", '{"formId":"a","expire":1568000000,"uses":2}'),
  bytes(6),
);

function boxed(name: string, kind: string, size: number): Arb<Value> {
  const fields: [string, string][] = [[kind, "value"]];
  return whole(size).map((raw) => ({
    is: "object",
    class: { name, flags: 2, fields, parent: NUMBER },
    fields: [rawValue(raw)],
    more: [],
  }));
}

/** Bytes of a primitive field. */
function rawValue(raw: string): Value {
  return { is: "text", text: raw, long: false };
}

const date: Arb<Value> = whole(8).map((raw) => ({
  is: "object",
  class: { name: "java.util.Date", flags: 3, fields: [], parent: undefined },
  fields: [],
  more: [`\x77\x08${raw}`],
}));

const primitives: Arb<Value> = fc
  .tuple(fc.constantFrom(..."BCDFIJSZ"), fc.array(bytes(8), { maxLength: 3 }))
  .map(([kind, items]) => ({
    is: "array",
    name: `[${kind}`,
    items: items.map((raw) => rawValue(raw.slice(-SIZES[kind]!))),
  }));

const { value, object } = fc.letrec<{ value: Value; object: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    {
      weight: 5,
      arbitrary: fc.record({
        is: fc.constant("text" as const),
        text,
        long: fc.integer().map((n) => n % 20 === 0),
      }),
    },
    { weight: 3, arbitrary: boxed("java.lang.Long", "J", 8) },
    { weight: 2, arbitrary: boxed("java.lang.Integer", "I", 4) },
    { weight: 1, arbitrary: date },
    { weight: 1, arbitrary: fc.constant<Value>({ is: "null" }) },
    { weight: 1, arbitrary: type.map((of): Value => ({ is: "enum", class: of })) },
    {
      weight: 1,
      arbitrary: fc.record({
        is: fc.constant("array" as const),
        name: fc.constantFrom("[Lc.F;", "[[B", "[", ""),
        items: fc.array(tie("value"), { maxLength: 3 }),
      }),
    },
    { weight: 1, arbitrary: primitives },
    { weight: 1, arbitrary: fc.nat(12).map((handle): Value => ({ is: "reference", handle })) },
    { weight: 3, arbitrary: tie("object") },
  ),
  object: type.chain((of) => {
    const kinds = lineage(of).flatMap(({ fields }) => fields.map(([kind]) => kind));
    return fc.record({
      is: fc.constant("object" as const),
      class: fc.constant(of),
      fields: fc.tuple(...kinds.map((kind) => fieldValue(kind, tie("value")))),
      more: fc.array(
        fc.oneof(
          tie("value"),
          bytes(3).map((raw) => `\x77\x03${raw}`),
        ),
        { maxLength: 4 },
      ),
    });
  }),
}));

function fieldValue(kind: string, any: Arb<Value>): Arb<Value> {
  const size = SIZES[kind];
  return size === undefined ? any : whole(size).map(rawValue);
}

/** A class and its superclasses, the topmost first. */
function lineage(of: Class): Class[] {
  return of.parent ? [...lineage(of.parent), of] : [of];
}

/** A code with right fields, for enough streams that are readable. */
const code: Arb<Value> = fc
  .tuple(
    className.filter((name) => name.startsWith("c")),
    text,
    fc.oneof(boxed("java.lang.Long", "J", 8), date),
  )
  .map(([name, formId, expire]) => ({
    is: "object",
    class: {
      name,
      flags: 2,
      fields: [
        ["L", "expire"],
        ["L", "formId"],
      ],
      parent: undefined,
    },
    fields: [expire, { is: "text", text: formId, long: false }],
    more: [],
  }));

class Writer {
  private readonly handles = new Map<string, number>();
  private next = 0;

  value(one: Value): string {
    if (one.is === "null") return "p";
    if (one.is === "reference") return this.reference(one.handle);
    if (one.is === "text") return this.text(one.text, one.long);
    if (one.is === "enum") {
      const head = `~${this.type(one.class)}`;
      this.next++;
      return head + this.text("FORM", false);
    }
    if (one.is === "array") {
      const type = this.type({ name: one.name, flags: 2, fields: [], parent: undefined });
      this.next++;
      const raw = SIZES[one.name[1] ?? ""] !== undefined;
      const items = one.items.map((item) => (raw && item.is === "text" ? item.text : this.value(item)));
      return `u${type}\x00\x00${u16(items.length)}${items.join("")}`;
    }
    const head = `s${this.type(one.class)}`;
    this.next++;
    return head + this.data(one, [...one.fields]);
  }

  private data({ class: of, more }: Value & { is: "object" }, fields: Value[]): string {
    return lineage(of)
      .map(({ flags, fields: own }) => {
        const parts = own.map(([kind]) => {
          const one = fields.shift()!;
          if (flags === 12) return "";
          return SIZES[kind] === undefined || one.is !== "text" ? this.value(one) : one.text;
        });
        if (flags === 2) return parts.join("");
        return `${parts.join("")}${more.map((one) => (typeof one === "string" ? one : this.value(one))).join("")}x`;
      })
      .join("");
  }

  private type(of: Class): string {
    const known = this.known(`class ${JSON.stringify(of)}`);
    if (known !== undefined) return this.reference(known);
    const fields = of.fields.map(([kind, name]) => {
      const label = kind === "L" || kind === "[" ? this.text(kind === "L" ? "Lc/F;" : "[B", false) : "";
      return kind + u16(name.length) + name + label;
    });
    const head = `r${u16(of.name.length)}${of.name}\x00\x00\x00\x00\x00\x00\x00\x01`;
    const body = String.fromCharCode(of.flags) + u16(fields.length) + fields.join("");
    return `${head}${body}x${of.parent ? this.type(of.parent) : "p"}`;
  }

  private text(text: string, long: boolean): string {
    const known = this.known(`text ${text}`);
    if (known !== undefined) return this.reference(known);
    return (long ? `|\x00\x00\x00\x00\x00\x00${u16(text.length)}` : `t${u16(text.length)}`) + text;
  }

  /** The handle of what was written before; else it gets one. */
  private known(key: string): number | undefined {
    const handle = this.handles.get(key);
    if (handle === undefined) this.handles.set(key, this.next++);
    return handle;
  }

  private reference(handle: number): string {
    return `q\x00\x7e${u16(handle)}`;
  }
}

function u16(value: number): string {
  return String.fromCharCode(value >> 8, value & 255);
}

const fixture = fc.constantFrom(...[...JAVA_READABLE, ...JAVA_UNREADABLE].map(([, raw]) => raw));

/** Streams that a Java program could have written, of codes and of other things. */
export const javaStream: Arb<string> = fc.oneof(
  { weight: 2, arbitrary: fixture },
  {
    weight: 6,
    arbitrary: fc
      .oneof({ weight: 2, arbitrary: code }, { weight: 3, arbitrary: object }, value)
      .map((one) => `\xac\xed\x00\x05${new Writer().value(one)}`),
  },
);
