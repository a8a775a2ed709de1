import type { MessageInput, Preflight, Problem, Template, TemplateList } from "../../../broadcast/channel.ts";
import { draftMessage } from "./message.ts";

/**
 * Checks a message against the account's templates. Throws a usage error when values can't be matched to the template's
 * fields.
 */
export function judgeMessage(input: MessageInput, list: TemplateList): Omit<Preflight, "quotaLeft"> {
  const { doubt } = list;
  const problems: Problem[] = doubt === undefined ? [] : [{ severity: "warning", what: doubt }];
  const template = list.templates.find(({ id }) => id === input.templateId);
  if (template === undefined) return { problems: [...problems, sayMissing(input, list)] };
  const kind = checkKind(template);
  // Without fields there is nothing to match, and the kind explains why.
  if (kind?.severity === "error") return { template, problems: [...problems, kind] };
  const { problems: faults } = draftMessage(input, template);
  return { template, problems: [...problems, ...(kind ? [kind] : []), ...faults] };
}

/** A list that is not current may lack templates added since. */
function sayMissing({ templateId }: MessageInput, { templates, doubt }: TemplateList): Problem {
  const has = templates.length === 0 ? "it has none" : `it has ${templates.length}`;
  return {
    severity: doubt === undefined ? "error" : "warning",
    what: `the account has no template '${templateId}' (${has})`,
    hint: "push-cli template list shows those it has",
  };
}

function checkKind(template: Template): Problem | undefined {
  const { kind, title, fields } = template;
  if (kind === "unknown" || fields.length === 0) {
    return {
      severity: "error",
      what: `'${title}' is neither a one-time nor a long-term template${fields.length === 0 ? ": it has no fields" : ""}`,
      hint: "service-card and device templates can't be sent as subscribe messages; the platform answers 40037",
    };
  }
  if (kind !== "device") return undefined;
  return {
    severity: "error",
    what: `'${title}' looks like a device template, which the platform refuses here with 40037`,
    hint: "it has a field of the type enum_string, as only such templates have; if it is none, --no-preflight and --field send it",
  };
}
