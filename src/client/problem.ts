/**
 * Something that an app's developer may want to log. `what`:
 * - `not_a_code`: a formId that is none (the developer tools give mock ones), not kept
 * - `dropped`: codes or reports that were too old (7 days) or too many (`maxCodes`)
 * - `storage`: the platform's storage fails, and what was collected is in memory alone; or what is stored is garbage, and
 *   is given up
 * - `no_answer`: a request or login failed, or what answered was not the collector; it is tried again
 * - `refused`: the collector refused a code or a report; it is given up
 * - `bug`: an error of the client itself, or of a function that it was given
 */
export interface Problem {
  what: "not_a_code" | "dropped" | "storage" | "no_answer" | "refused" | "bug";
  detail?: unknown;
}

/** Never throws. */
export type Tell = (what: Problem["what"], detail?: unknown) => void;
