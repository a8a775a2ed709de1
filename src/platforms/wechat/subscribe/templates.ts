import type { Template, TemplateField } from "../../../broadcast/channel.ts";
import { describeField } from "./fields.ts";

/**
 * The `data` of `/wxaapi/newtmpl/gettemplate`, read leniently: an entry without an id is left out. Undefined when it is not a
 * list.
 */
export function readTemplates(data: unknown): Template[] | undefined {
  if (!Array.isArray(data)) return undefined;
  return data.flatMap((entry: unknown) => {
    const template = isObject(entry) ? readTemplate(entry) : undefined;
    return template === undefined ? [] : [template];
  });
}

function readTemplate(entry: Record<string, unknown>): Template | undefined {
  const id = entry.priTmplId;
  if (typeof id !== "string" || id === "") return undefined;
  const fields = readFields(textOf(entry.content), textOf(entry.example), entry.keywordEnumValueList);
  return { id, title: textOf(entry.title).trim(), kind: kindOf(entry.type, fields), fields };
}

/**
 * Type 2 is one-time, 3 long-term; the documents name no others. How device templates are listed is not documented, but the
 * vendor's own example of one (a washing machine's fault, type 3) has fields of the type `enum_string`, which the rules for
 * the others lack.
 */
function kindOf(type: unknown, fields: readonly TemplateField[]): Template["kind"] {
  if (Number(type) === 2) return "one-time";
  if (Number(type) !== 3) return "unknown";
  return fields.some(({ name }) => /^enum_string\d*$/.test(name)) ? "device" : "long-term";
}

/** A line of the content: `会议时间:{{date2.DATA}}`. */
const LINE = /([^\n{}]*)\{\{\s*(\w+)\.DATA\s*\}\}/g;

function readFields(content: string, example: string, enums: unknown): TemplateField[] {
  const examples = linesOf(example);
  const allowed = readEnums(enums);
  return [...content.matchAll(LINE)].map(([, before = "", name = ""], index) => {
    const label = withoutColon(before);
    const values = allowed.get(name);
    const shown = exampleOf(examples, label, index);
    const takes = values ? undefined : describeField(name);
    return {
      name,
      ...(label && { label }),
      ...(values && { values }),
      ...(shown && { example: shown }),
      ...(takes !== undefined && { takes }),
    };
  });
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}

function withoutColon(text: string): string {
  return text.replace(/[\s:：]+$/, "").trim();
}

/** The example has the same labels before its values, in the same order. */
function exampleOf(lines: readonly string[], label: string, index: number): string {
  const starts = (line: string | undefined) =>
    line !== undefined && label !== "" && line.trim().startsWith(label);
  const line = starts(lines[index]) ? lines[index] : lines.find(starts);
  return (line?.trim().slice(label.length) ?? "").replace(/^[\s:：]+/, "").trim();
}

/** The vendor's example writes the key as `enum_string2.DATA`. */
function readEnums(list: unknown): Map<string, string[]> {
  const enums = new Map<string, string[]>();
  for (const item of Array.isArray(list) ? list : []) {
    if (!isObject(item) || typeof item.keywordCode !== "string" || !Array.isArray(item.enumValueList))
      continue;
    const values = item.enumValueList.filter((value): value is string => typeof value === "string");
    enums.set(item.keywordCode.replace(/[{}\s]|\.DATA/g, ""), values);
  }
  return enums;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
