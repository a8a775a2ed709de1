import { nearestWord } from "../../config/nearest.ts";
import { usageError } from "../../errors.ts";

const VERBS = ["start", "resume", "list", "show"];
const LONGEST_MISTAKE = 8;

/**
 * `broadcast <templateId>` is the default verb, so a mistyped verb would become a template. Real template ids have 43
 * characters. Throws a usage error for a short word that is nearly a verb.
 */
export function checkNotAVerb(templateId: string): void {
  const verb = templateId.length <= LONGEST_MISTAKE ? nearestWord(templateId, VERBS) : undefined;
  if (!verb) return;
  throw usageError(
    `'${templateId}' looks like a mistyped '${verb}', not like a template id`,
    `did you mean push-cli broadcast ${verb}?`,
  );
}
