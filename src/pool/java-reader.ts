import type { EntryValue } from "./json-reader.ts";

/** The first bytes of every Java serialization stream. */
export const JAVA_MAGIC = "\xac\xed\x00\x05";

/** Neither values nested in values nor a class's superclasses go deeper in real pool entries. */
const MAX_DEPTH = 8;

/**
 * Reads one value from a Java serialization stream, given as a latin1 string of its bytes: objects, strings, boxed numbers,
 * dates, enums, arrays, the usual maps and lists. Undefined for anything else (proxies, exceptions, externalizable classes
 * of the old kind, class annotations), for trailing bytes, and for truncated or invalid streams.
 *
 * The grammar is that of "Java Object Serialization Specification", chapter 6. Classes are only names here: nothing is
 * looked up or executed.
 */
export function readJava(bytes: string): EntryValue | undefined {
  if (!bytes.startsWith(JAVA_MAGIC)) return undefined;
  try {
    const stream = new JavaStream(bytes);
    const value = stream.readValue(stream.uint(1), 1);
    return stream.isAtEnd() ? value : undefined;
  } catch (error) {
    if (error instanceof NotUnderstood) return undefined;
    throw error;
  }
}

/** Thrown from deep inside a stream; `readJava` turns it into undefined. */
class NotUnderstood extends Error {}

const TAG = {
  null: 0x70,
  reference: 0x71,
  classDesc: 0x72,
  object: 0x73,
  string: 0x74,
  array: 0x75,
  block: 0x77,
  end: 0x78,
  longString: 0x7c,
  enum: 0x7e,
} as const;

/** Flags of a class: which parts its objects have in the stream. */
const FIELDS = 2;
const FIELDS_AND_MORE = 3;
const MORE = 12;

const FIRST_HANDLE = 0x7e0000;
const NULL: EntryValue = { type: "literal", text: "null" };
const OTHER: EntryValue = { type: "literal", text: "other" };
/** Sizes of the primitive types that are not integers: char, double, float, boolean. */
const OPAQUE: Record<string, number> = { C: 2, D: 8, F: 4, Z: 1 };
const WHOLE: Record<string, number> = { B: 1, I: 4, J: 8, S: 2 };
/** Classes that stand for the value of one of their fields. */
const WRAPPED: Record<string, string> = {
  "java.lang.Byte": "value",
  "java.lang.Short": "value",
  "java.lang.Integer": "value",
  "java.lang.Long": "value",
  "java.util.Arrays$ArrayList": "a",
};

class JavaClass {
  readonly name: string;
  flags = 0;
  fields: { kind: string; name: string }[] = [];
  parent: JavaClass | undefined;
  /** The class itself and its superclasses; 0 until it was read completely. */
  depth = 0;

  constructor(name: string) {
    this.name = name;
  }
}

type JavaObject = EntryValue & { type: "object" };

class JavaStream {
  private readonly bytes: string;
  private at = JAVA_MAGIC.length;
  /** The targets of references, in the order of the stream. */
  private readonly handles: (EntryValue | JavaClass)[] = [];

  constructor(bytes: string) {
    this.bytes = bytes;
  }

  isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  readValue(tag: number, depth: number): EntryValue {
    if (depth > MAX_DEPTH) throw new NotUnderstood();
    if (tag === TAG.null) return NULL;
    if (tag === TAG.object) return this.readObject(depth);
    if (tag === TAG.array) return this.readArray(depth);
    if (tag === TAG.enum) return this.readEnum();
    if (tag !== TAG.reference) return this.readString(tag);
    const value = this.readReference();
    if (value instanceof JavaClass) throw new NotUnderstood();
    return value;
  }

  private readObject(depth: number): EntryValue {
    const type = this.readClass(1);
    if (!type) throw new NotUnderstood();
    const handle = this.handles.length;
    const object: JavaObject = { type: "object", fields: new Map() };
    this.handles.push(object);
    let value = this.readData(type, object, depth) ?? object;
    const only = WRAPPED[type.name];
    if (only !== undefined) value = object.fields.get(only) ?? object;
    this.handles[handle] = value;
    return value;
  }

  /**
   * Reads fields and additional data of an object, the topmost class first; returns the value for known classes of Java
   * itself.
   */
  private readData(type: JavaClass, object: JavaObject, depth: number): EntryValue | undefined {
    const inherited = type.parent && this.readData(type.parent, object, depth);
    if (![FIELDS, FIELDS_AND_MORE, MORE].includes(type.flags)) throw new NotUnderstood();
    if (type.flags !== MORE) {
      for (const { kind, name } of type.fields) object.fields.set(name, this.readField(kind, depth));
    }
    if (type.flags === FIELDS) return inherited;
    let own: EntryValue | undefined;
    const items: EntryValue[] = [];
    for (let tag = this.uint(1); tag !== TAG.end; tag = this.uint(1)) {
      if (tag !== TAG.block) items.push(this.readValue(tag, depth + 1));
      else if (type.name === "java.util.Date") own = this.readDate();
      else this.take(this.uint(1));
    }
    if (type.name === "java.util.ArrayList") own = { type: "array", items };
    if (type.name === "java.util.HashMap") putPairs(object, items);
    return own ?? inherited;
  }

  private readField(kind: string, depth: number): EntryValue {
    if (kind === "L" || kind === "[") return this.readValue(this.uint(1), depth + 1);
    const size = WHOLE[kind];
    if (size !== undefined) return this.readNumber(size);
    this.take(OPAQUE[kind] ?? Number.POSITIVE_INFINITY);
    return OTHER;
  }

  private readDate(): EntryValue {
    if (this.uint(1) !== 8) throw new NotUnderstood();
    return this.readNumber(8);
  }

  private readArray(depth: number): EntryValue {
    const kind = this.readClass(1)?.name[1] ?? "";
    const array: EntryValue = { type: "array", items: [] };
    this.handles.push(array);
    const length = this.uint(4);
    const size = WHOLE[kind] ?? OPAQUE[kind];
    if (size !== undefined) this.take(length * size);
    else for (let open = length; open > 0; open--) array.items.push(this.readValue(this.uint(1), depth + 1));
    return array;
  }

  private readEnum(): EntryValue {
    if (!this.readClass(1)) throw new NotUnderstood();
    this.handles.push(OTHER);
    this.readText();
    return OTHER;
  }

  /** A class description or a reference to one; undefined for null. `depth` counts from the subclass up. */
  private readClass(depth: number): JavaClass | undefined {
    const tag = this.uint(1);
    if (tag === TAG.null) return undefined;
    if (tag === TAG.reference) {
      const type = this.readReference();
      if (type instanceof JavaClass && type.depth > 0) return type;
      throw new NotUnderstood();
    }
    if (tag !== TAG.classDesc || depth > MAX_DEPTH) throw new NotUnderstood();
    const type = new JavaClass(this.take(this.uint(2)));
    this.handles.push(type);
    this.take(8); // serialVersionUID
    type.flags = this.uint(1);
    for (let open = this.uint(2); open > 0; open--) {
      const kind = this.take(1);
      type.fields.push({ kind, name: this.take(this.uint(2)) });
      if (kind === "L" || kind === "[") this.readText();
    }
    if (this.uint(1) !== TAG.end) throw new NotUnderstood();
    type.parent = this.readClass(depth + 1);
    type.depth = 1 + (type.parent?.depth ?? 0);
    if (type.depth > MAX_DEPTH) throw new NotUnderstood();
    return type;
  }

  /** A string or a reference to one. */
  private readText(): void {
    const tag = this.uint(1);
    const value = tag === TAG.reference ? this.readReference() : this.readString(tag);
    if (value instanceof JavaClass || value.type !== "string") throw new NotUnderstood();
  }

  private readString(tag: number): EntryValue {
    if (tag !== TAG.string && tag !== TAG.longString) throw new NotUnderstood();
    const value: EntryValue = { type: "string", value: this.take(this.uint(tag === TAG.string ? 2 : 8)) };
    this.handles.push(value);
    return value;
  }

  private readReference(): EntryValue | JavaClass {
    const value = this.handles[this.uint(4) - FIRST_HANDLE];
    if (!value) throw new NotUnderstood();
    return value;
  }

  private readNumber(size: number): EntryValue {
    const high = this.uint(Math.min(size, 4));
    const half = 2 ** (8 * Math.min(size, 4) - 1);
    const signed = high >= half ? high - 2 * half : high;
    const value = size === 8 ? signed * 2 ** 32 + this.uint(4) : signed;
    return { type: "number", value, text: String(value), integer: Math.abs(value) < 2 ** 53 };
  }

  /** An unsigned big-endian integer; of 8 bytes, it is imprecise beyond 2^53. */
  uint(size: number): number {
    let value = 0;
    for (const char of this.take(size)) value = value * 256 + char.charCodeAt(0);
    return value;
  }

  private take(size: number): string {
    if (size > this.bytes.length - this.at) throw new NotUnderstood();
    this.at += size;
    return this.bytes.slice(this.at - size, this.at);
  }
}

function putPairs({ fields }: JavaObject, items: EntryValue[]): void {
  for (let i = 0; i + 1 < items.length; i += 2) {
    const [key, value] = [items[i]!, items[i + 1]!];
    if (key.type === "string") fields.set(key.value, value);
  }
}
