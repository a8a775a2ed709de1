import { readFileSync } from "node:fs";
import type { PushCode } from "../../../src/pool/code.ts";

const FILE = new URL("entries.txt", import.meta.url);

/** What com/example/write-entries.java wrote: name -> bytes (latin1). */
const ENTRIES = new Map(
  readFileSync(FILE, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split("\t"))
    .map(([name = "", base64 = ""]) => [name, Buffer.from(base64, "base64").toString("latin1")]),
);

/** The bytes that Java wrote for one of its entries. */
export function javaEntry(name: string): string {
  const bytes = ENTRIES.get(name);
  if (bytes === undefined) throw new Error(`entries.txt has no '${name}'`);
  return bytes;
}

/** The times of the fixtures, 2019-09-09, and the same as they stand in the bytes. */
const MS_BYTES = "\x00\x00\x01\x6d\x14\x15\x40\x00";
const SEC_BYTES = "\x5d\x75\xc8\x00";

/** An entry with another expiry, in whole seconds; before 2038, because some keep it in an int. */
export function javaEntryAt(name: string, expireMs: number): string {
  const ms = Buffer.alloc(8);
  ms.writeBigInt64BE(BigInt(expireMs));
  const sec = Buffer.alloc(4);
  sec.writeInt32BE(expireMs / 1000);
  return javaEntry(name)
    .replace(MS_BYTES, () => ms.toString("latin1"))
    .replace(SEC_BYTES, () => sec.toString("latin1"))
    .replace("1568000000000", String(expireMs));
}

const A: PushCode = { formId: "a1b2c3", wellFormed: true, expireMs: 1_568_000_000_000 };

/** Entries with one code: name, bytes, codes. */
export const JAVA_READABLE: [name: string, bytes: string, codes: PushCode[]][] = [
  ...[
    "a boxed long",
    "a boxed long of seconds",
    "a primitive long",
    "an int of seconds",
    "a boxed int of seconds",
    "a Date",
    "a Timestamp",
    "digits",
    "a record",
    "fields of a superclass",
    "fields of many kinds",
    "uses that are null",
    "an array among the fields",
    "JSON in a String",
    "typed JSON in a String",
    "a HashMap",
    "a LinkedHashMap",
  ].map((name): [string, string, PushCode[]] => [name, javaEntry(name), [A]]),
  ["a formId that is a long", javaEntry("a formId that is a long"), [{ ...A, formId: "1568123456789" }]],
];

export const JAVA_UNREADABLE: [name: string, bytes: string, why: string][] = [
  ["a formId in a String", "no expiry"],
  ["words in a String", "java"],
  ["a list of codes", "java"],
  ["a list of formIds", "java"],
  ["a list of codes in a String", "java"],
  ["a fixed list of codes", "java"],
  ["a null formId", "java"],
  ["a null expiry", "java"],
  ["uses", "java"],
  ["uses in JSON in a String", "java"],
  ["a local date", "java"],
  ["a double", "java"],
  ["an own writeObject", "java"],
  ["a Long", "java"],
  ["null", "java"],
].map(([name = "", why = ""]) => [name, javaEntry(name), why]);
