import type { PushCode } from "../../src/pool/code.ts";
import { javaEntry } from "./java/forms.ts";

/** 2019-09-09, as in the facts page. */
export const MS = 1_568_000_000_000;
export const SEC = 1_568_000_000;

/** JSON inside JSON, as a writer does that serialises a string once more. */
export function again(text: string): string {
  return JSON.stringify(text);
}

/** Java serialization of a shape that nobody can read without the class (latin1). */
export const JAVA_ENTRY = javaEntry("an own writeObject");

const A: PushCode = { formId: "a1b2c3", wellFormed: true, expireMs: MS };

function two(first: string, second: string): PushCode[] {
  return [
    { formId: first, wellFormed: true, expireMs: MS },
    { formId: second, wellFormed: true, expireMs: MS + 1 },
  ];
}

/** Every row of "What backends really write into the pool" (wechat-api.md), with near relations: name, bytes, codes. */
export const READABLE: [name: string, bytes: string, codes: PushCode[]][] = [
  ["plain JSON", `{"formId":"a1b2c3","expire":${MS}}`, [A]],
  ["plain JSON, the other way round", `{"expire":${MS},"formId":"a1b2c3"}`, [A]],
  ["plain JSON in seconds", `{"formId":"a1b2c3","expire":${SEC}}`, [A]],
  ["plain JSON with spaces", ` {\t"formId" : "a1b2c3" ,\r\n "expire" : ${MS} }\n`, [A]],
  [
    "plain JSON with fields of its own",
    `{"id":7,"formId":"a1b2c3","tags":["x",{"y":null}],"expire":${MS}}`,
    [A],
  ],
  ["form_id", `{"form_id":"a1b2c3","expire":${MS}}`, [A]],
  ["fromId (sic)", `{"fromId":"a1b2c3","expire":${MS}}`, [A]],
  ["expireTime", `{"formId":"a1b2c3","expireTime":${MS}}`, [A]],
  ["expiredTime", `{"formId":"a1b2c3","expiredTime":${MS}}`, [A]],
  ["expire_time", `{"formId":"a1b2c3","expire_time":${SEC}}`, [A]],
  ["an expiry as a text of digits", `{"formId":"a1b2c3","expire":"${MS}"}`, [A]],
  ["an expiry as a text of seconds", `{"formId":"a1b2c3","expire":"${SEC}"}`, [A]],
  ["an expiry as a text of 16 digits", `{"formId":"a1b2c3","expire":"000${MS}"}`, [A]],
  ["an expiry as a float", `{"formId":"a1b2c3","expire":1.568E12}`, [A]],
  ["seconds with a fraction", `{"formId":"a1b2c3","expire":${SEC}.25}`, [{ ...A, expireMs: MS + 250 }]],
  [
    "a formId that is a number",
    `{"formId":1568123456789,"expire":${MS}}`,
    [{ ...A, formId: "1568123456789" }],
  ],
  [
    "escaped field names and values",
    `{"form\\u0049d":"a1\\u0062\\u00322c3","expire":${MS}}`,
    [{ ...A, formId: "a1b22c3" }],
  ],
  ["an escaped slash", `{"formId":"a\\/b==","expire":${MS}}`, [{ ...A, formId: "a/b==" }]],
  ["the last of two equal fields", `{"formId":"x","expire":1,"formId":"a1b2c3","expire":${MS}}`, [A]],
  ["Spring Generic Jackson", `{"@class":"com.example.FormTemplateVO","formId":"a1b2c3","expire":${MS}}`, [A]],
  [
    "Spring Generic Jackson with a typed long",
    `{"@class":"com.example.FormTemplateVO","formId":"a1b2c3","expire":["java.lang.Long",${MS}]}`,
    [A],
  ],
  ["Jackson with default typing", `["com.example.FormTemplateVO",{"formId":"a1b2c3","expire":${MS}}]`, [A]],
  [
    "Jackson with default typing and a typed long",
    `["com.example.FormTemplateVO",{"formId":"a1b2c3","expire":["java.lang.Long",${MS}]}]`,
    [A],
  ],
  ["FastJson", `{"@type":"com.example.FormTemplateVO","expire":${MS},"formId":"a1b2c3"}`, [A]],
  ["FastJson with a long", `{"@type":"com.example.FormTemplateVO","expire":${MS}L,"formId":"a1b2c3"}`, [A]],
  ["a JSON string serialized again", again(`{"formId":"a1b2c3","expire":${MS}}`), [A]],
  [
    "a JSON string serialized again with escapes of its own",
    `"{\\u0022formId\\u0022:\\u0022a1b2c3\\u0022,\\u0022expire\\u0022:${MS}}"`,
    [A],
  ],
  [
    "a typed entry serialized again",
    again(`["com.example.FormTemplateVO",{"formId":"a1b2c3","expire":${MS}}]`),
    [A],
  ],
  [
    "the whole list in one entry",
    `[{"formId":"a","expire":${MS}},{"formId":"b","expire":${MS + 1}}]`,
    two("a", "b"),
  ],
  ["a whole list of one", `[{"formId":"a1b2c3","expire":${MS}}]`, [A]],
  [
    "the whole list in one entry, typed",
    `["java.util.ArrayList",[{"@class":"c.F","formId":"a","expire":${MS}},{"@class":"c.F","formId":"b","expire":${MS + 1}}]]`,
    two("a", "b"),
  ],
  [
    "the whole list in one entry, every code typed",
    `["java.util.ArrayList",[["c.F",{"formId":"a","expire":["java.lang.Long",${MS}]}],["c.F",{"formId":"b","expire":${MS + 1}}]]]`,
    two("a", "b"),
  ],
  [
    "the whole list in one entry, serialized again",
    again(`[{"formId":"a","expire":${MS}},\n {"formId":"b","expire":${MS + 1}}]`),
    two("a", "b"),
  ],
  [
    "the whole typed list in one entry, serialized again",
    again(`["java.util.ArrayList",[{"formId":"a","expire":${MS}},{"formId":"b","expire":${MS + 1}}]]`),
    two("a", "b"),
  ],
  [
    "a payment's code",
    `{"formId":"wx15680000000000abc","expire":${MS},"uses":3}`,
    [{ ...A, formId: "wx15680000000000abc", uses: 3 }],
  ],
  [
    "uses as a typed number",
    `{"formId":"a1b2c3","expire":${MS},"uses":["java.lang.Integer",2]}`,
    [{ ...A, uses: 2 }],
  ],
  ["uses that are null count as absent", `{"formId":"a1b2c3","expire":${MS},"uses":null}`, [A]],
  ["uses as a FastJson long", `{"formId":"a1b2c3","expire":${MS},"uses":3L}`, [{ ...A, uses: 3 }]],
  [
    "uses in an entry serialized again",
    again(`{"formId":"a1b2c3","expire":${MS},"uses":3}`),
    [{ ...A, uses: 3 }],
  ],
  ["an expiry of long ago", `{"formId":"a1b2c3","expire":-1}`, [{ ...A, expireMs: -1000 }]],
  [
    "an expiry in the last year that a date has",
    `{"formId":"a1b2c3","expire":8640000000000000}`,
    [{ ...A, expireMs: 8.64e15 }],
  ],
];

/** The bytes of a text, as Redis hands them over: one character each. */
export function latin1(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

export const GARBAGE_FORM_IDS = [
  "the formId is a mock one",
  "the formId is no longer available in develop or trial version of this mini program",
  "requestFormId:fail",
  "requestFormId:fail timeout",
  "undefined",
  "null",
  "",
  "a b",
  "tab\tin it",
  "a\u007fb",
  "a\u0000b",
  "表单",
  "x".repeat(129),
].map(latin1);

export const UNREADABLE: [name: string, bytes: string, why: string][] = [
  ["Java serialization of another shape", JAVA_ENTRY, "java"],
  ["the bare Java header", "\xac\xed\x00\x05", "java"],
  ["an entry of more than 65,536 bytes", `{"formId":"a","expire":${MS}}${" ".repeat(65_536)}`, "too long"],
  ["nothing", "", "not a code"],
  ["a word", "hello", "not a code"],
  ["a bare formId", "a1b2c3", "not a code"],
  ["a number", "42", "not a code"],
  ["null", "null", "not a code"],
  ["a string", '"a1b2c3"', "not a code"],
  ["an empty object", "{}", "not a code"],
  ["an empty list", "[]", "not a code"],
  ["an empty typed list", '["java.util.ArrayList",[]]', "not a code"],
  ["no formId", `{"expire":${MS}}`, "not a code"],
  ["no expiry", '{"formId":"a1b2c3"}', "not a code"],
  ["a null formId", `{"formId":null,"expire":${MS}}`, "not a code"],
  ["a null expiry", '{"formId":"a1b2c3","expire":null}', "not a code"],
  ["an expiry in words", '{"formId":"a1b2c3","expire":"tomorrow"}', "not a code"],
  ["an empty expiry", '{"formId":"a1b2c3","expire":""}', "not a code"],
  ["an expiry in 17 digits of text", `{"formId":"a1b2c3","expire":"${MS}0000"}`, "not a code"],
  [
    "an expiry in 17 digits of text, most of them zeros",
    `{"formId":"a1b2c3","expire":"0000${MS}"}`,
    "not a code",
  ],
  ["an expiry beyond all dates", '{"formId":"a1b2c3","expire":8640000000000001}', "not a code"],
  ["an endless expiry", '{"formId":"a1b2c3","expire":1e999}', "not a code"],
  ["a hexadecimal expiry", '{"formId":"a1b2c3","expire":0x16D15F51000}', "not a code"],
  ["an expiry with leading zeros", `{"formId":"a1b2c3","expire":0${MS}}`, "not a code"],
  ["NaN", '{"formId":"a1b2c3","expire":NaN}', "not a code"],
  ["a float in L", '{"formId":"a1b2c3","expire":1.5L}', "not a code"],
  ["a trailing comma", `{"formId":"a1b2c3","expire":${MS},}`, "not a code"],
  ["a second document behind it", `{"formId":"a1b2c3","expire":${MS}}{}`, "not a code"],
  ["a cut-off entry", `{"formId":"a1b2c3","expi`, "not a code"],
  ["a raw newline in a text", `{"formId":"a\nb","expire":${MS}}`, "not a code"],
  ["single quotes", `{'formId':'a1b2c3','expire':${MS}}`, "not a code"],
  ["a byte order mark", `\xef\xbb\xbf{"formId":"a1b2c3","expire":${MS}}`, "not a code"],
  ["uses that are true", `{"formId":"a","expire":${MS},"uses":true}`, "not a code"],
  ["uses of 0", `{"formId":"a","expire":${MS},"uses":0}`, "not a code"],
  ["uses of 1001", `{"formId":"a","expire":${MS},"uses":1001}`, "not a code"],
  ["uses that are no whole number", `{"formId":"a","expire":${MS},"uses":1.5}`, "not a code"],
  ["a list with something else in it", `[{"formId":"a","expire":${MS}},7]`, "not a code"],
  ["a list of lists", `[[{"formId":"a","expire":${MS}}]]`, "not a code"],
  ["a code serialized three times", again(again(`{"formId":"a","expire":${MS}}`)), "not a code"],
  [
    "nesting beyond 8 levels",
    `{"x":${"[".repeat(8)}${"]".repeat(8)},"formId":"a","expire":${MS}}`,
    "not a code",
  ],
  [
    "a list serialized again with escapes that could not be written back",
    `"[{\\u0022formId\\":\\"a\\",\\"expire\\":${MS}}]"`,
    "not a code",
  ],
  ["PHP serialization", 'a:2:{s:6:"formId";s:6:"a1b2c3";s:6:"expire";i:1568000000;}', "not a code"],
];
