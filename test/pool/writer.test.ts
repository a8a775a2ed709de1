import { expect, it } from "vitest";
import { WRITER_NAMES, WRITERS, type Writer, writerOf } from "../../src/pool/writer.ts";
import { again, JAVA_ENTRY, MS, READABLE, SEC } from "./forms.ts";

/** Every row of "What backends really write into the pool" (wechat-api.md), and what else was seen. */
const FIXTURES: [Writer, string][] = [
  ["plain", `{"formId":"a1b2c3","expire":${MS}}`],
  ["plain", `{"formId":"a1b2c3","expire":${SEC}}`],
  ["plain", `{"expire":${MS},"formId":"a1b2c3"}`],
  ["plain", ` { "form_id" : "a1b2c3", "expire_time": "${SEC}" }`],
  ["plain", `{"formId":"a@b","expire":${MS}}`],
  ["plain", `{"formId":"9lL","expire":${MS},"uses":3}`],
  ["plain", `{"formId":"9lL","expire":${MS},"uses":3,"scene":2}`],
  ["jackson-class", `{"@class":"com.example.FormTemplateVO","formId":"a1b2c3","expire":${MS}}`],
  ["jackson-class", `{"@class":"com.example.FormTemplateVO","formId":"a","expire":["java.lang.Long",${MS}]}`],
  ["jackson-class", `{"formId":"a1b2c3","expire":${MS},"@class":"com.example.FormTemplateVO"}`],
  ["jackson-array", `["com.example.FormTemplateVO",{"formId":"a1b2c3","expire":${MS}}]`],
  ["fastjson", `{"@type":"com.example.FormTemplateVO","expire":${MS},"formId":"a1b2c3"}`],
  ["fastjson", `{"expire":${MS}L,"formId":"a1b2c3"}`],
  ["fastjson", `{"formId":"a1b2c3","expire":${MS}L}`],
  ["double-encoded", again(`{"formId":"a1b2c3","expire":${MS}}`)],
  ["double-encoded", again(`["com.example.FormTemplateVO",{"formId":"a1b2c3","expire":${MS}}]`)],
  ["double-encoded", `"\\u007b\\u0022formId\\u0022:\\u0022a1b2c3\\u0022,\\u0022expire\\u0022:${MS}}"`],
  ["list", `[{"formId":"a","expire":1},{"formId":"b","expire":2}]`],
  ["list", `["java.util.ArrayList",[{"@class":"c.F","formId":"a","expire":1}]]`],
  ["list", `["java.util.LinkedList",[["c.F",{"formId":"a","expire":1}]]]`],
  ["java", JAVA_ENTRY],
  ["java", "\xac\xed\x00\x05t\x00\x06a1b2c3"],
  ["php", 'a:2:{s:6:"formId";s:6:"a1b2c3";s:6:"expire";i:1568000000;}'],
  ["php", 'O:8:"PushCode":1:{s:6:"formId";s:1:"a";}'],
  ["unknown", ""],
  ["unknown", "a1b2c3"],
  ["unknown", '"a1b2c3"'],
  ["unknown", "42"],
  ["unknown", "FormTemplateVO(formId=1b6d3586, expire=1568000000000)"],
];

it.each(FIXTURES)("calls the writer %s of %j", (writer, entry) => {
  expect(writerOf(entry)).toBe(writer);
});

it("knows a writer of every entry that can be read", () => {
  const unknown = READABLE.filter(([, bytes]) => writerOf(bytes) === "unknown");
  expect(unknown).toEqual([]);
});

it("has a fixture and words for each of them", () => {
  expect(new Set(FIXTURES.map(([writer]) => writer))).toEqual(new Set(WRITERS));
  expect(Object.keys(WRITER_NAMES)).toEqual([...WRITERS]);
});

it("does not hang over an entry of megabytes", () => {
  const found = ["{", '{"a":', '{"formId":"', "[", ":1", " "].map((text) => writerOf(text.repeat(1_000_000)));
  expect(found).toEqual(["unknown", "plain", "plain", "list", "unknown", "unknown"]);
});
