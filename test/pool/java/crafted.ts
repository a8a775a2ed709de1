/*
 * Streams of Java serialization that are made to be awkward: deep, long, or going round in circles. Name, bytes (latin1)
 * and whether they are read as the code "a1b2c3".
 */

const HEAD = "\xac\xed\x00\x05";
const SUID = "\x00".repeat(8);
const NO_PARENT = "xp";
const FORM_ID = "t\x00\x06a1b2c3";
const EXPIRE = "\x00\x00\x01\x6d\x14\x15\x40\x00";
const TEXT_TYPE = "t\x00\x12Ljava/lang/String;";
const ANY_TYPE = "t\x00\x12Ljava/lang/Object;";
/** Fields of a class: expire, formId, and x, which holds what is put behind the code. */
const FIELDS = `\x02\x00\x03J\x00\x06expireL\x00\x06formId${TEXT_TYPE}L\x00\x01x${ANY_TYPE}`;

/** An object with the code and something else; three handles are taken before that (the class and its types), then two. */
function withOther(other: string, parent = NO_PARENT): string {
  return `${HEAD}sr\x00\x01C${SUID}${FIELDS}${parent}${EXPIRE}${FORM_ID}${other}`;
}

/** A class without fields, with so many classes in all up to the top. */
function chain(classes: number): string {
  return `r\x00\x01D${SUID}\x02\x00\x00x${classes > 1 ? chain(classes - 1) : "p"}`;
}

function reference(handle: number): string {
  return `q\x00\x7e\x00${String.fromCharCode(handle)}`;
}

/** Objects within objects, of a class with one field. */
function nested(levels: number, type = `r\x00\x01N${SUID}\x02\x00\x01L\x00\x01n${reference(2)}xp`): string {
  return levels === 0 ? "p" : `s${type}${nested(levels - 1, reference(5))}`;
}

export const CRAFTED: [name: string, bytes: string, readable: boolean][] = [
  ["a plain one of this make", withOther("p"), true],
  ["seven superclasses", withOther("p", `x${chain(7)}`), true],
  ["eight superclasses", withOther("p", `x${chain(8)}`), false],
  ["eight superclasses, in another object", withOther(`s${chain(8)}`), true],
  ["nine classes, eight of them referred to", withOther(`sr\x00\x01E${SUID}\x02\x00\x00x${chain(8)}`), false],
  [
    "a class above eight that were read before",
    // The list holds an object of eight classes, and one of a class whose superclass is the first of those.
    withOther(listOf(`s${chain(8)}`, `sr\x00\x01E${SUID}\x02\x00\x00x${reference(7)}`)),
    false,
  ],
  [
    "a class above seven that were read before",
    withOther(listOf(`s${chain(7)}`, `sr\x00\x01E${SUID}\x02\x00\x00x${reference(7)}`)),
    true,
  ],
  ["a class that is its own superclass", withOther("p", `x${reference(0)}`), false],
  [
    "a field whose type is a class",
    withOther(`sr\x00\x01E${SUID}\x02\x00\x01L\x00\x01y${reference(0)}xpp`),
    false,
  ],
  ["a value that is a class", withOther(reference(0)), false],
  ["itself as a value", withOther(reference(3)), true],
  ["a reference to what comes later", withOther(reference(5)), false],
  ["six objects within each other, seven levels in all", withOther(nested(6)), true],
  ["seven objects within each other, and nothing in the last", withOther(nested(7)), false],
  ["a text of four gigabytes", withOther("|\x00\x00\x00\x01\x00\x00\x00\x00"), false],
  ["a list of four billion", withOther(`ur\x00\x02[L${SUID}\x02\x00\x00xp\xff\xff\xff\xff`), false],
  ["a long text", withOther("|\x00\x00\x00\x00\x00\x00\x00\x03abc"), true],
];

/** A java.util.ArrayList; its class and itself take the handles 5 and 6. */
function listOf(...items: string[]): string {
  return `sr\x00\x13java.util.ArrayList${SUID}\x03\x00\x00xp${items.join("")}x`;
}
