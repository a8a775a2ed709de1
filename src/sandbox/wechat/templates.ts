import { usageError } from "../../errors.ts";
import type { WireTemplate } from "../../platforms/wechat/wire.ts";
import { isObject } from "../json.ts";

/** A template of the account. Other kinds are listed too, but subscribe/send answers 40037 to their ids. */
export interface SandboxTemplate extends WireTemplate {
  /** Not shown to clients: the platform's list does not say how these differ from others. */
  kind?: "device" | "card" | undefined;
}

/** A parsed template that subscribe messages can be sent with. */
export interface KnownTemplate {
  id: string;
  /** Long-term: a consent that lasts until the user withdraws it. */
  isStanding: boolean;
  /** In order; `allowed`: the only values of an enum. */
  fields: readonly { name: string; allowed?: readonly string[] | undefined }[];
}

/** The account's templates. */
export class Templates {
  #list: readonly SandboxTemplate[] = [];
  #known = new Map<string, KnownTemplate>();

  constructor(templates: readonly SandboxTemplate[]) {
    this.replace(templates);
  }

  replace(templates: readonly SandboxTemplate[]): void {
    this.#list = templates;
    const known = templates.filter(({ kind }) => kind === undefined);
    this.#known = new Map(known.map((template) => [template.priTmplId, takeApart(template)]));
  }

  find(id: string): KnownTemplate | undefined {
    return this.#known.get(id);
  }

  /** As returned to clients. */
  list(): WireTemplate[] {
    return this.#list.map(({ kind: _, ...template }) => template);
  }
}

function takeApart({ priTmplId, content, type, keywordEnumValueList }: WireTemplate): KnownTemplate {
  const names = [...content.matchAll(/\{\{(\w+)\.DATA\}\}/g)].map(([, name = ""]) => name);
  const allowedFor = (name: string) =>
    keywordEnumValueList?.find(({ keywordCode }) => keywordCode === name)?.enumValueList;
  const fields = [...new Set(names)].map((name) => ({ name, allowed: allowedFor(name) }));
  return { id: priTmplId, isStanding: type === 3, fields };
}

/** Reads templates from JSON. Throws a usage error that names the position. */
export function parseTemplates(value: unknown): SandboxTemplate[] {
  if (!Array.isArray(value)) throw usageError("the templates are not a JSON array");
  return value.map((item, index) => requireTemplate(item, `item ${index + 1}`));
}

function requireTemplate(value: unknown, place: string): SandboxTemplate {
  if (!isObject(value)) throw usageError(`${place} is not a JSON object`);
  const { priTmplId, title, content, example = "", type = 2, keywordEnumValueList, kind } = value;
  if (typeof priTmplId !== "string" || !/^[\w-]{1,64}$/.test(priTmplId))
    throw usageError(`${place}: priTmplId is not an id of 1 to 64 letters, digits, _ and -`);
  if (typeof title !== "string" || typeof content !== "string" || typeof example !== "string")
    throw usageError(`${place}: title, content or example is not a string`);
  if (type !== 2 && type !== 3) throw usageError(`${place}: type is neither 2 (one-time) nor 3 (long-term)`);
  if (kind !== undefined && kind !== "device" && kind !== "card")
    throw usageError(`${place}: kind is neither "device" nor "card"`);
  const base = { priTmplId, title, content, example, type } as const;
  const template: SandboxTemplate = kind === undefined ? base : { ...base, kind };
  if (keywordEnumValueList === undefined) return template;
  return { ...template, keywordEnumValueList: requireEnums(keywordEnumValueList, place) };
}

function requireEnums(value: unknown, place: string): NonNullable<WireTemplate["keywordEnumValueList"]> {
  const list = Array.isArray(value) ? value : [undefined];
  return list.map((item: unknown) => {
    const { keywordCode, enumValueList } = isObject(item) ? item : {};
    const isList = Array.isArray(enumValueList) && enumValueList.every((one) => typeof one === "string");
    if (typeof keywordCode === "string" && isList) return { keywordCode, enumValueList };
    throw usageError(`${place}: keywordEnumValueList is not a list of {keywordCode, enumValueList}`);
  });
}
