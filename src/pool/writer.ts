/**
 * The kinds of programs that write entries, recognized by the shape of the bytes; the table is in
 * wechat-api.md.
 */
export const WRITERS = [
  "plain",
  "jackson-class",
  "jackson-array",
  "fastjson",
  "double-encoded",
  "list",
  "java",
  "php",
  "unknown",
] as const;
export type Writer = (typeof WRITERS)[number];

/** The writers' names for display. */
export const WRITER_NAMES: Record<Writer, string> = {
  plain: "plain JSON",
  "jackson-class": "Jackson with @class",
  "jackson-array": "Jackson, class name in an array",
  fastjson: "FastJson",
  "double-encoded": "JSON string serialized again",
  list: "whole list in one entry",
  java: "Java serialization",
  php: "PHP serialization",
  unknown: "not known",
};

/** The shapes; the first match counts. An entry of such a shape need not be readable. */
const SHAPES: [Writer, RegExp][] = [
  ["java", /^\xac\xed\x00\x05/],
  ["double-encoded", /^\s*"\s*(?:[{[]|\\u00[57]b)/i],
  ["fastjson", /^\s*\{(?:\s*"@type"|.*:\s*-?\d+[lL]\s*[,}])/s],
  ["jackson-class", /^\s*\{.*"@class"\s*:/s],
  ["plain", /^\s*\{\s*"/],
  ["list", /^\s*\[\s*(?:"java\.util\.[\w$.]*"\s*,\s*\[|\{|\[)/],
  ["jackson-array", /^\s*\[\s*"[\w$.]+"\s*,\s*\{/],
  ["php", /^(?:a:\d+:\{|[OC]:\d+:"|s:\d+:")/],
];

const PLAIN_START = '{"formId":"';
/** The shapes match at the beginning; anything longer is not a pool entry. */
const LONGEST = 4096;

/** Determines the writer of an entry, given as a latin1 string of its bytes. */
export function writerOf(raw: string): Writer {
  // Nearly all entries are the plain form, and there are millions of them.
  if (raw.startsWith(PLAIN_START) && raw.endsWith("}") && !/@|\d[lL]/.test(raw)) return "plain";
  const head = raw.length > LONGEST ? raw.slice(0, LONGEST) : raw;
  return SHAPES.find(([, shape]) => shape.test(head))?.[0] ?? "unknown";
}
