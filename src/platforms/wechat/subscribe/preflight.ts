import type { MessageInput, Preflight, Problem, Template } from "../../../broadcast/channel.ts";
import { draftMessage } from "./message.ts";

/** The account's templates, and where they come from when that is not the platform, just now. */
export interface TemplateList {
  templates: readonly Template[];
  /** Why the platform did not give its list, and how old this one is. */
  stale?: { why: string; ageMs: number } | undefined;
}

/**
 * What the account's templates say of a message. Throws a usage error where values can't be matched to the template's fields.
 */
export function judgeMessage(input: MessageInput, list: TemplateList): Omit<Preflight, "quotaLeft"> {
  const problems = list.stale ? [sayStale(list.stale)] : [];
  const template = list.templates.find(({ id }) => id === input.templateId);
  if (template === undefined) return { problems: [...problems, sayMissing(input, list)] };
  const kind = checkKind(template);
  // Without a field there is nothing to match, and the kind says why.
  if (kind?.severity === "error") return { template, problems: [...problems, kind] };
  const { problems: faults } = draftMessage(input, template);
  return { template, problems: [...problems, ...(kind ? [kind] : []), ...faults] };
}

function sayStale({ why, ageMs }: { why: string; ageMs: number }): Problem {
  const minutes = Math.round(ageMs / 60_000);
  const age = minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
  return { severity: "warning", what: `${why}; the list used here is ${age} old` };
}

/** A list that is not the latest may lack what was added since. */
function sayMissing({ templateId }: MessageInput, { templates, stale }: TemplateList): Problem {
  const has = templates.length === 0 ? "it has none" : `it has ${templates.length}`;
  return {
    severity: stale ? "warning" : "error",
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
    severity: "warning",
    what: `'${title}' looks like a device template, which the platform refuses here with 40037`,
  };
}
