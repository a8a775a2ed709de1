import fc from "fast-check";
import { javaStream } from "./java-arbitraries.ts";
import {
  byte,
  deep,
  digits,
  number,
  objectOf,
  space,
  spaced,
  string,
  type Text,
  typed,
  value,
} from "./json-arbitraries.ts";

/*
 * Pool entries as latin1 strings, one character a byte: all the forms that writers use, in all the ways JSON leaves
 * open, and what is left of them after bytes were flipped, lost or slipped in.
 */

const formId: Text = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.string({ unit: fc.constantFrom(..."abc019%.^$-_[]!~"), minLength: 1, maxLength: 10 }),
  },
  fc.constantFrom(
    "the formId is a mock one",
    "requestFormId:fail",
    "requestFormId:fail x",
    "requestFormId",
    "undefined",
    "null",
    "",
    "wx15680000000000",
    "x".repeat(128),
    "x".repeat(129),
  ),
);

/** A name, sometimes with a letter of it escaped. */
function named(...names: string[]): Text {
  return fc.tuple(fc.constantFrom(...names), fc.nat(40)).map(([name, at]) => {
    const letter = name.charCodeAt(at);
    if (Number.isNaN(letter)) return `"${name}"`;
    return `"${name.slice(0, at)}\\u${letter.toString(16).padStart(4, "0")}${name.slice(at + 1)}"`;
  });
}

function mostly<T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: rare });
}

const expiry: Text = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1e12, max: 4e12 }).map(String) },
  { weight: 3, arbitrary: fc.integer({ min: 1e9, max: 4e9 }).map(String) },
  { weight: 2, arbitrary: fc.integer({ min: 1e12, max: 4e12 }).map((ms) => `${ms}L`) },
  { weight: 2, arbitrary: number },
  { weight: 2, arbitrary: fc.integer({ min: 1e12, max: 4e12 }).map((ms) => `"${ms}"`) },
  digits.map((text) => `"${text}"`),
);
const idField = fc.tuple(
  named("formId", "form_id", "fromId"),
  typed(
    "java.lang.String",
    mostly(
      formId.map((id) => JSON.stringify(id)),
      fc.oneof(value, number),
    ),
    1,
  ),
);
const expireField = fc.tuple(
  named("expire", "expireTime", "expiredTime", "expire_time"),
  typed("java.lang.Long", mostly(expiry, value), 3),
);
const usesField = fc.tuple(
  named("uses"),
  typed(
    "java.lang.Integer",
    fc.oneof(
      fc.integer({ min: 0, max: 1001 }).map(String),
      fc.constantFrom("3", "3L", "1000", "1.0", "null", '"3"', "1e1"),
    ),
    1,
  ),
);
const sceneField = fc.tuple(
  named("scene", "sceneType", "scene_type"),
  typed("java.lang.Integer", fc.constantFrom("1", "2", "3", "2L", '"3"', "4", "1001", "null", '"pay"'), 1),
);
const otherField = fc.tuple(
  fc.oneof(string, named("@class", "@type", "id", "__proto__", "length")),
  fc.oneof({ weight: 9, arbitrary: value }, { weight: 1, arbitrary: deep }),
);

const code: Text = objectOf(
  fc
    .tuple(
      // Of two that disagree the scripts choose one, and the tool none.
      expireField,
      fc.option(usesField, { nil: undefined, freq: 3 }),
      fc.option(sceneField, { nil: undefined, freq: 1 }),
      fc.array(otherField, { maxLength: 2 }),
      idField,
    )
    .chain(([expire, uses, scene, others, id]) => {
      const fields = [id, expire, ...(uses ? [uses] : []), ...(scene ? [scene] : []), ...others];
      return fc.shuffledSubarray(fields, { minLength: fields.length });
    }),
);
/** Without oddities, so that a list of several is still readable often enough. */
const cleanCode: Text = objectOf(
  fc
    .tuple(
      formId,
      expiry,
      fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined, freq: 1 }),
      fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined, freq: 1 }),
    )
    .map(([id, expire, uses, scene]) => [
      ['"formId"', JSON.stringify(id)],
      ['"expire"', expire],
      ...(uses === undefined ? [] : ([['"uses"', `${uses}`]] as [string, string][])),
      ...(scene === undefined ? [] : ([['"scene"', `${scene}`]] as [string, string][])),
    ]),
);
const item = typed(
  "com.example.FormTemplateVO",
  fc.oneof({ weight: 3, arbitrary: cleanCode }, { weight: 1, arbitrary: code }),
  3,
);
const list = typed("java.util.ArrayList", spaced(fc.array(item, { maxLength: 5 }), "[", "]"), 5);
const padded = (text: Text) => fc.tuple(space, text, space).map((parts) => parts.join(""));
const document: Text = padded(
  fc.oneof(
    { weight: 6, arbitrary: item },
    { weight: 6, arbitrary: code },
    { weight: 8, arbitrary: list },
    value,
    deep,
  ),
);

/** JSON inside JSON, as JSON.stringify quotes it or with escapes of the writer's own choosing. */
const quoted: Text = fc
  .tuple(document, fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 200 })))
  .map(([text, at]) => {
    const usual = JSON.stringify(text);
    if (at === 0 || at >= text.length) return usual;
    const odd = `\\u00${text.charCodeAt(at).toString(16).padStart(2, "0")}`;
    return JSON.stringify(text.slice(0, at)).slice(0, -1) + odd + JSON.stringify(text.slice(at + 1)).slice(1);
  });

/** Entries as writers mean them, right or nearly right. */
export const written: Text = fc.oneof(
  { weight: 5, arbitrary: document },
  { weight: 3, arbitrary: padded(quoted) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(formId, expiry)
      .map(([id, expire]) => `{"formId":${JSON.stringify(id)},"expire":${expire}}`),
  },
  { weight: 1, arbitrary: quoted.map((text) => JSON.stringify(text)) },
  { weight: 1, arbitrary: fc.string({ unit: byte, maxLength: 20 }).map((rest) => `\xac\xed\x00\x05${rest}`) },
);

type Mutation = [kind: "flip" | "insert" | "delete" | "repeat", at: number, char: string];

const jsonByte: Text = fc.constantFrom(...'{}[]",:\\/0123456789eE.+-Ltrufalsn \t\n');
const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const mutation: fc.Arbitrary<Mutation> = fc.tuple(
  fc.constantFrom("flip" as const, "insert" as const, "delete" as const, "repeat" as const),
  share,
  fc.oneof(jsonByte, byte),
);

function mutate(text: string, [kind, share, char]: Mutation): string {
  const at = Math.floor(share * text.length);
  if (kind === "insert") return text.slice(0, at) + char + text.slice(at);
  if (kind === "repeat") return text.slice(0, at) + text.slice(Math.floor(at / 2), at) + text.slice(at);
  return text.slice(0, at) + (kind === "flip" ? char : "") + text.slice(at + 1);
}

const anyByte: Text = fc.oneof(byte, fc.constantFrom(..."\x00\x01\x02\x03\x0cpqrstuwxz|~L[JI"));

/** Java's streams after an accident: bytes changed, lost, slipped in, the end cut off. */
export const damagedJava: Text = fc
  .tuple(
    javaStream,
    fc.array(
      fc.tuple(fc.constantFrom("flip" as const, "insert" as const, "delete" as const), share, anyByte),
      {
        minLength: 1,
        maxLength: 2,
      },
    ),
    fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, share),
  )
  .map(([text, mutations, cut]) => {
    const broken = mutations.reduce<string>(mutate, text);
    return cut === null ? broken : broken.slice(0, Math.floor(cut * broken.length));
  });

/** The same after an accident. */
export const damaged: Text = fc
  .tuple(written, fc.array(mutation, { minLength: 1, maxLength: 3 }))
  .map(([text, mutations]) => mutations.reduce(mutate, text));

export const noise: Text = fc.oneof(
  fc.string({ unit: byte, maxLength: 60 }),
  fc.string({ unit: jsonByte, maxLength: 40 }),
);

/** Entries within a few bytes of the limit: padded with spaces, or holding a long text, list or number. */
export const huge: Text = fc
  .tuple(
    written,
    fc.integer({ min: 65_533, max: 65_540 }),
    fc.constantFrom("space", "text", "list", "number"),
    fc.boolean(),
  )
  .map(([text, size, filler, twice]) => {
    const fill = (head: string, chunk: string, tail: string) =>
      head +
      chunk.repeat(Math.ceil(size / chunk.length)).slice(0, Math.max(0, size - head.length - tail.length)) +
      tail;
    const id = '"formId":"a","expire":1568000000000}';
    const entry = {
      space: () => text + " ".repeat(Math.max(0, size - text.length)),
      text: () => fill('{"x":"', "b\\n%\xff", `",${id}`),
      list: () => fill('{"x":[', "1,", `1],${id}`),
      number: () => fill('{"x":1', "7", `,${id}`),
    }[filler]();
    return twice ? JSON.stringify(entry).slice(0, size) : entry;
  });
