import type {
  Message,
  MessageField,
  MessageInput,
  Problem,
  Template,
  TemplateField,
} from "../../../broadcast/channel.ts";
import { PushCliError, usageError } from "../../../errors.ts";
import { checkFieldName } from "../../errcode/field-name.ts";
import { checkField, truncateField } from "./fields.ts";
import { readOptions } from "./options.ts";

/** A message and the problems found in it. */
export interface Draft {
  message: Message;
  problems: readonly Problem[];
}

/**
 * Makes the message from the command line's values. Throws a usage error when they can't be matched to fields, or when a
 * value breaks the rules of its field.
 */
export function makeMessage(input: MessageInput, template?: Template): Message {
  const { message, problems } = draftMessage(input, template);
  refuse(problems.filter(({ severity }) => severity === "error"));
  return message;
}

/**
 * The same, with the errors and warnings about its values. Throws a usage error when values can't be matched to fields.
 * Without a template only named values can be matched, and only the names determine the rules.
 */
export function draftMessage(input: MessageInput, template?: Template): Draft {
  const { templateId, page } = input;
  const options = readOptions(input.options);
  const isOpen = openFields(input);
  const given =
    input.named === undefined ? byPosition(input, template) : byName(input, input.named, template);
  const fields = input.truncate
    ? given.map((field) => (isOpen(field) ? field : truncateField(field)))
    : given;
  const message: Message = {
    templateId,
    ...(template && { title: template.title }),
    fields: fields.map((field) => (isOpen(field) ? withValues(field, template) : field)),
    ...(page !== undefined && { page }),
    options: input.truncate && fields.some(isOpen) ? { ...options, truncate: "yes" } : options,
  };
  return { message, problems: fields.map(checkWith(template, isOpen)).filter(isProblem) };
}

/** Adds the values that the template allows, for checking the rows of the audience. */
function withValues(field: MessageField, template: Template | undefined): MessageField {
  const values = template?.fields.find(({ name }) => name === field.name)?.values;
  return values ? { ...field, values } : field;
}

/** Returns a test for fields that contain columns of the audience, whose values are known only for each recipient. */
function openFields({ columns }: MessageInput): (field: MessageField) => boolean {
  return ({ value }) => columns !== undefined && value.includes("{{");
}

function checkWith(
  template: Template | undefined,
  isOpen: (field: MessageField) => boolean,
): (field: MessageField) => Problem | undefined {
  return (field) => {
    const values = template?.fields.find(({ name }) => name === field.name)?.values;
    return isOpen(field) ? undefined : checkField(field, values);
  };
}

function isProblem(problem: Problem | undefined): problem is Problem {
  return problem !== undefined;
}

function byPosition({ templateId, values }: MessageInput, template: Template | undefined): MessageField[] {
  if (template === undefined) {
    throw usageError(
      `which fields ${templateId} has is not known, so --keywords can't be matched to them`,
      "name them: --field 'thing1=...' 'time2=...'",
    );
  }
  if (values.length !== template.fields.length) {
    throw usageError(
      `${countOf(values.length, "value")} for the ${countOf(template.fields.length, "field")} of ${titleOf(template)}: ${list(template.fields)}`,
      `give ${template.fields.length === 1 ? "one value" : `${template.fields.length} values, in that order`}, or name them with --field`,
    );
  }
  return template.fields.map((field, index) => fieldOf(field, values[index] ?? ""));
}

function byName(
  { templateId, values }: MessageInput,
  named: Readonly<Record<string, string>>,
  template: Template | undefined,
): MessageField[] {
  if (values.length > 0)
    throw usageError("--keywords and --field can't be used together", "use only one of them");
  const names = Object.keys(named);
  if (names.length === 0) throw usageError(`no values for ${templateId}`, "give --keywords or --field");
  for (const name of names) checkFieldName(name);
  if (template === undefined) return names.map((name) => ({ name, value: named[name] ?? "" }));
  const has = (name: string) => template.fields.some((field) => field.name === name);
  const strange = names.filter((name) => !has(name));
  const missing = template.fields.filter(({ name }) => !Object.hasOwn(named, name));
  if (strange.length > 0) {
    throw usageError(
      `${titleOf(template)} has no field ${strange.join(", ")}`,
      `it has ${list(template.fields)}`,
    );
  }
  if (missing.length > 0) {
    throw usageError(
      `no value for ${list(missing)} of ${titleOf(template)}`,
      "the platform refuses a message that leaves a field out",
    );
  }
  return template.fields.map((field) => fieldOf(field, named[field.name] ?? ""));
}

function refuse(errors: readonly Problem[]): void {
  const [first, ...more] = errors;
  if (first === undefined) return;
  const hint = errors.find((error) => error.hint !== undefined)?.hint;
  if (more.length === 0) throw usageError(first.what, hint);
  const details = errors.map(({ what }) => what);
  throw new PushCliError("usage", `the message has ${errors.length} faults`, { details, hint });
}

function fieldOf({ name, label }: TemplateField, value: string): MessageField {
  return { name, ...(label !== undefined && { label }), value };
}

/** `thing1 (活动), time2 (时间)`. */
function list(fields: readonly TemplateField[]): string {
  return fields.map(({ name, label }) => (label ? `${name} (${label})` : name)).join(", ");
}

function titleOf({ title, id }: Template): string {
  return title === "" ? id : `'${title}'`;
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
