import fc from "fast-check";

/* JSON as latin1 strings, one character a byte: everything that its grammar leaves open, and a little that it forbids. */

export type Text = fc.Arbitrary<string>;

export const space: Text = fc.constantFrom("", "", "", "", " ", "\t", "\n", "\r\n ");
const hexDigit = fc.constantFrom(..."0123456789abcdefABCDEF");
const unit: Text = fc.oneof(
  fc.string({ unit: hexDigit, minLength: 4, maxLength: 4 }),
  fc.constantFrom(
    "0000",
    "0022",
    "005c",
    "005C",
    "0061",
    "007f",
    "0080",
    "07ff",
    "0800",
    "d83d\\ude00",
    "dc00",
    "FFFF",
  ),
);
export const byte: Text = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
const goodPiece: Text = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(..."abcXYZ019_-%.^$*+?()[]{}:,/ '") },
  { weight: 2, arbitrary: fc.integer({ min: 0x7f, max: 0xff }).map((code) => String.fromCharCode(code)) },
  { weight: 1, arbitrary: fc.constantFrom('\\"', "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t") },
  { weight: 1, arbitrary: unit.map((hex) => `\\u${hex}`) },
);
const badPiece: Text = fc.oneof(
  fc.constantFrom("\\x", "\\u12", "\\u12g4", "\\", "\\'", '"', "\\U0061"),
  fc.integer({ min: 0, max: 0x1f }).map((code) => String.fromCharCode(code)),
);
const piece: Text = fc.oneof({ weight: 200, arbitrary: goodPiece }, { weight: 1, arbitrary: badPiece });
export const string: Text = fc.string({ unit: piece, maxLength: 8 }).map((text) => `"${text}"`);

export const digits: Text = fc.string({
  unit: fc.constantFrom(..."0123456789"),
  minLength: 1,
  maxLength: 20,
});
const integer: Text = fc.oneof(
  fc.integer().map(String),
  fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }).map(String),
);
const goodNumber: Text = fc.oneof(
  fc.constantFrom("0", "-0", "1568000000", "1568000000000", "99999999999", "100000000000", "9999999999999"),
  fc.constantFrom(
    "8640000000000000",
    "8640000000000001",
    "8640000000000002",
    "-8640000000000000",
    "9007199254740993",
  ),
  fc.constantFrom(
    "1e400",
    "-1e400",
    "1e-400",
    "1.568E12",
    "1568000000.5e0",
    "0.1",
    "-0.00001",
    "1e11",
    "1E+11",
    "-1e11",
  ),
  fc.constantFrom("99999999999.99999", "100000000000.00001", "1568000000.0009999", "5e-324", "-5e-324"),
  fc.constantFrom("1568000000000L", "1568000000l", "-5L", "0L"),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.double({ min: -2e16, max: 2e16, noNaN: true }).map(String),
  integer,
  fc.tuple(integer, digits).map(([whole, fraction]) => `${whole}.${fraction}`),
  fc
    .tuple(integer, fc.constantFrom("e", "E", "e+", "E-"), fc.integer({ min: 0, max: 400 }))
    .map((parts) => parts.join("")),
  integer.map((text) => `${text}L`),
  fc.constant("9".repeat(400)),
);
const badNumber: Text = fc.oneof(
  fc.constantFrom(
    "00",
    "01",
    "-",
    "+1",
    ".5",
    "1.",
    "1e",
    "1e+",
    "0x10",
    "1.5L",
    "NaN",
    "Infinity",
    "-01",
    "1LL",
    "1 L",
  ),
  digits.map((text) => `0${text}`),
);
export const number = fc.oneof({ weight: 40, arbitrary: goodNumber }, { weight: 1, arbitrary: badNumber });
const literal = fc.oneof(
  { weight: 40, arbitrary: fc.constantFrom("true", "false", "null") },
  fc.constantFrom("tru", "nul", "False", "undefined"),
);

export const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(string, number, literal),
    arrayOf(tie("value")),
    objectOf(fc.array(fc.tuple(string, tie("value")), { maxLength: 4 })),
  ),
}));

/** Brackets around nothing, about as deep as the readers go. */
export const deep: Text = fc
  .tuple(
    fc.integer({ min: 4, max: 10 }),
    fc.constantFrom<[string, string][]>(["[", "]"], ['{"x":', "}"], ["[1,", ",2]"]),
  )
  .map(([levels, [open, close]]) => `${open.repeat(levels)}[]${close.repeat(levels)}`);

function join(items: string[], spaces: string[]): string {
  return items
    .map((item, i) => (i === 0 ? "" : ",") + (spaces[2 * i] ?? "") + item + (spaces[2 * i + 1] ?? ""))
    .join("");
}

export function spaced(items: fc.Arbitrary<string[]>, open: string, close: string): Text {
  return fc
    .tuple(items, fc.array(space, { maxLength: 8 }), space)
    .map(([list, spaces, gap]) => open + (list.length === 0 ? gap : join(list, spaces)) + close);
}

function arrayOf(item: Text): Text {
  return spaced(fc.array(item, { maxLength: 4 }), "[", "]");
}

export function objectOf(fields: fc.Arbitrary<[string, string][]>): Text {
  const field = fc
    .tuple(fields, space, space)
    .map(([list, before, behind]) => list.map(([name, text]) => `${name}${before}:${behind}${text}`));
  return spaced(field, "{", "}");
}

export function typed(name: string, text: Text, often: number): Text {
  return fc.oneof(
    { weight: 10, arbitrary: text },
    { weight: often, arbitrary: fc.tuple(text, space).map(([inner, gap]) => `["${name}",${gap}${inner}]`) },
  );
}
