import type { Item } from "./items.ts";
import type { Tell } from "./problem.ts";

interface Fate {
  fate?: unknown;
  reason?: unknown;
}

/** `ignored` is the fate of a refusal at a prompt. */
const FATES = /^(taken|known|refused|ignored)$/;

/**
 * Which of the items that were sent have a fate in the answer: these, and no others, are finished. Throws when the
 * answer is not the collector's, such as a captive portal's page with status 200.
 */
export function readSettled(sent: readonly Item[], answer: unknown, tell: Tell): Item[] {
  const { codes, templates } = answer as {
    codes: ({ formId: string } & Fate)[];
    templates: Record<string, Fate>;
  };
  return sent.filter((item) =>
    item.formId
      ? isNamed(
          item.formId,
          codes.find((code) => code.formId === item.formId),
        )
      : Object.keys(item.templates as object).every((id) => isNamed(id, templates[id])),
  );

  function isNamed(name: string, told: Fate | undefined): boolean {
    const { fate, reason } = Object(told) as Fate;
    if (fate === "refused") tell("refused", { name, reason });
    return FATES.test(fate as string);
  }
}
