import { PushCliError } from "../errors.ts";

/** A position in the text of a file, both numbers from 1. */
export interface Position {
  line: number;
  column: number;
}

/** An error in a configuration file. Its texts hold no secret. */
export interface Fault {
  path: string;
  position?: Position | undefined;
  /** What it is about, such as `"redisUrl"`; absent: the whole file. */
  subject?: string | undefined;
  /** The problem, as the continuation of a sentence: ` must be text, not a number`. */
  problem: string;
  /** What to write instead. */
  hint?: string | undefined;
}

const HINT = "and run again; to see all problems: push-cli config check";

/** One fault as a sentence; several as their number, with each listed in the details. */
export function faultsError(faults: readonly Fault[]): PushCliError {
  const [only, ...more] = faults;
  if (only && more.length === 0) {
    return new PushCliError("config", describeFault(only), { hint: only.hint ?? `fix the file ${HINT}` });
  }
  const paths = [...new Set(faults.map(({ path }) => path))];
  const named = paths.map((path) => `"${path}"`).join(" and ");
  return new PushCliError("config", `${faults.length} errors in ${named}`, {
    details: faults.map(listFault),
    hint: `fix the ${paths.length === 1 ? "file" : "files"} ${HINT}`,
  });
}

function describeFault({ path, position, subject, problem }: Fault): string {
  const where = position ? ` (line ${position.line}, column ${position.column})` : "";
  return `${subject === undefined ? "" : `${subject} in `}"${path}"${where}${problem}`;
}

/** path:line:column first, which many terminals and editors turn into a link. */
function listFault({ path, position, subject = "", problem, hint }: Fault): string {
  const where = position ? `:${position.line}:${position.column}` : "";
  return `${path}${where}: ${`${subject}${problem}`.trim()}${hint === undefined ? "" : `; ${hint}`}`;
}
