/**
 * Something that an app's developer may want to log. `what`:
 * - `not_a_code`: an invalid formId (the developer tools return mock ones), not kept
 * - `dropped`: codes or reports that were too old (7 days) or too many (`maxCodes`)
 * - `storage`: the platform's storage fails, and collected items are only in memory; or the stored value is garbage, and
 *   is discarded
 * - `no_answer`: a request or login failed, or the answer did not come from the collector; it is tried again
 * - `refused`: the collector refused a code or a report; it is given up
 * - `bug`: an error of the client itself, or of a function passed to it
 */
export interface Problem {
  what: "not_a_code" | "dropped" | "storage" | "no_answer" | "refused" | "bug";
  detail?: unknown;
}

/** Never throws. */
export type Tell = (what: Problem["what"], detail?: unknown) => void;
