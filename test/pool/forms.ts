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
  [
    "a payment of Baidu's cashier",
    `{"formId":"a1b2c3","expire":${MS},"uses":3,"scene":2}`,
    [{ ...A, uses: 3, scene: 2 }],
  ],
  ["a payment without uses", `{"formId":"a1b2c3","expire":${MS},"scene":3}`, [{ ...A, scene: 3 }]],
  [
    "a scene as text, in the wire's words",
    `{"formId":"a1b2c3","expire":${MS},"scene_type":"2"}`,
    [{ ...A, scene: 2 }],
  ],
  [
    "a scene with its type",
    `{"formId":"a1b2c3","expire":${MS},"scene":["java.lang.Integer",3]}`,
    [{ ...A, scene: 3 }],
  ],
  ["a scene as a FastJson long", `{"formId":"a1b2c3","expire":${MS},"scene":2L}`, [{ ...A, scene: 2 }]],
  ["a form's scene, which is what all codes are", `{"formId":"a1b2c3","expire":${MS},"scene":1}`, [A]],
  ["a scene of WeChat's", `{"formId":"a1b2c3","expire":${MS},"scene":1011}`, [A]],
  ["a scene in words", `{"formId":"a1b2c3","expire":${MS},"scene":"order"}`, [A]],
  ["no scene", `{"formId":"a1b2c3","expire":${MS},"scene":null}`, [A]],
  [
    "payments in a list serialized again",
    again(`[{"formId":"a","expire":${MS},"uses":2,"scene":2},{"formId":"b","expire":${MS + 1},"scene":3}]`),
    [
      { ...two("a", "b")[0]!, uses: 2, scene: 2 },
      { ...two("a", "b")[1]!, scene: 3 },
    ],
  ],
  [
    "the last expiry that a number is",
    `{"formId":"a1b2c3","expire":9999999999999}`,
    [{ ...A, expireMs: 9_999_999_999_999 }],
  ],
];

const ISO = "2019-09-09T03:33:20";

/** What the tool reads and the scripts don't, in the form of READABLE. */
export const READABLE_BY_TOOL: typeof READABLE = [
  ...["formid", "FormId", "FORM_ID", "form-id", "FromID", "Form_Id"].map(
    (name): [string, string, PushCode[]] => [name, `{"${name}":"a1b2c3","expire":${MS}}`, [A]],
  ),
  ...[
    "Expire",
    "expires",
    "expiry",
    "expiration",
    "expireAt",
    "expire_at",
    "expires_at",
    "expiresAt",
    "expired_at",
    "EXPIRED_AT",
    "expire-time",
    "expiryTime",
    "expirationTime",
    "expire_date",
    "ExpiresOn",
  ].map((name): [string, string, PushCode[]] => [name, `{"formId":"a1b2c3","${name}":${MS}}`, [A]]),
  ...[
    `${ISO}Z`,
    `${ISO}.000Z`,
    `${ISO}.000000Z`,
    `${ISO}+00:00`,
    `${ISO}.000+0000`,
    "2019-09-09T11:33:20+08:00",
    "2019-09-09 11:33:20+0800",
    "2019-09-09 11:33:20 +08",
    "2019-09-08T22:33:20-05:00",
  ].map((text): [string, string, PushCode[]] => [text, `{"formId":"a1b2c3","expire":"${text}"}`, [A]]),
  ["microseconds", `{"formId":"a1b2c3","expire":${MS}000}`, [A]],
  ["nanoseconds", `{"formId":"a1b2c3","expire":${MS}000000}`, [A]],
  ["nanoseconds in text", `{"formId":"a1b2c3","expire":"${MS}000000"}`, [A]],
  ["a null beside the expiry", `{"formId":"a1b2c3","expire":null,"expireTime":${MS}}`, [A]],
  ["a null beside the formId", `{"formId":null,"form_id":"a1b2c3","expire":${MS}}`, [A]],
  ["two formIds that agree", `{"formId":"a1b2c3","form_id":"a1b2c3","expire":${MS}}`, [A]],
  [
    "two expiries that agree",
    `{"formId":"a1b2c3","expire":${SEC},"expireTime":${MS + 999}}`,
    [{ ...A, expireMs: MS + 999 }],
  ],
  ["a duration beside the expiry", `{"formId":"a1b2c3","expires":604800,"expireTime":${MS}}`, [A]],
  [
    "a lifetime and a flag",
    `{"formId":"a1b2c3","expiresIn":604800,"ttl":1,"expired":false,"expire":${MS}}`,
    [A],
  ],
  ["a time of creation beside the expiry", `{"formId":"a1b2c3","createTime":1,"expire":${MS}}`, [A]],
  ["a typed entry in other names", `["c.F",{"FormID":"a1b2c3","ExpiresAt":["java.lang.Long",${MS}]}]`, [A]],
];

/** What the scripts read and the tool does not, because nobody can know. */
export const UNREADABLE_BY_TOOL: [name: string, bytes: string][] = [
  ["two formIds", `{"formId":"a1b2c3","form_id":"x","expire":${MS}}`],
  ["two formIds in other cases", `{"formId":"a1b2c3","FormId":"x","expire":${MS}}`],
  ["two expiries", `{"formId":"a1b2c3","expire":${MS},"expireTime":${MS + 1000}}`],
  [
    "two expiries, one in other words",
    `{"formId":"a1b2c3","expire":${MS},"expires_at":"${ISO.replace("09T", "10T")}Z"}`,
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
  ["an expiry of long ago", '{"formId":"a1b2c3","expire":-1}', "not a code"],
  ["an expiry of 0", '{"formId":"a1b2c3","expire":0}', "not a code"],
  ["an expiry of 0 in text", '{"formId":"a1b2c3","expire":"0"}', "not a code"],
  ["a week in seconds", '{"formId":"a1b2c3","expire":604800}', "not a code"],
  ["a week in milliseconds", '{"formId":"a1b2c3","expire":604800000}', "not a code"],
  ["a day in digits", '{"formId":"a1b2c3","expire":20261201}', "not a code"],
  ["a minute in digits", '{"formId":"a1b2c3","expire":202612011000}', "not a code"],
  ["a second in digits", '{"formId":"a1b2c3","expire":20261201100000}', "not a code"],
  ["seconds of the far future", '{"formId":"a1b2c3","expire":99999999999}', "not a code"],
  ["ticks of .NET", '{"formId":"a1b2c3","expire":639000000000000000}', "not a code"],
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
  ["a lifetime alone", '{"formId":"a1b2c3","expiresIn":1568000000}', "not a code"],
  ["a lifetime in other words", '{"formId":"a1b2c3","ttl":1568000000}', "not a code"],
  ["a flag", '{"formId":"a1b2c3","expired":true}', "not a code"],
  ["a time of creation alone", `{"formId":"a1b2c3","createTime":${MS}}`, "not a code"],
  ["a time of creation in other words", `{"formId":"a1b2c3","timestamp":${MS}}`, "not a code"],
  ["ISO 8601 without an offset", '{"formId":"a1b2c3","expire":"2019-09-09T03:33:20"}', "not a code"],
  ["a day", '{"formId":"a1b2c3","expire":"2019-09-09"}', "not a code"],
  ["a day that February has not", '{"formId":"a1b2c3","expire":"2019-02-30T03:33:20Z"}', "not a code"],
  ["an hour that no day has", '{"formId":"a1b2c3","expire":"2019-02-20T24:33:20Z"}', "not a code"],
  ["a month that no year has", '{"formId":"a1b2c3","expire":"2019-13-20T03:33:20Z"}', "not a code"],
  ["Go's missing time", '{"formId":"a1b2c3","expire":"0001-01-01T00:00:00Z"}', "not a code"],
  ["PHP serialization", 'a:2:{s:6:"formId";s:6:"a1b2c3";s:6:"expire";i:1568000000;}', "not a code"],
];
