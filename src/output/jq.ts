import type { Jq } from "jq-wasm";
import { PushCliError, usageError } from "../errors.ts";
import type { DocumentView } from "./document-view.ts";
import { visibleResult } from "./format.ts";

/**
 * Shows jq's output for each document, one result per line: strings raw, everything else as JSON. Loads jq, compiled to
 * WebAssembly. Rejects with a usage error with jq's message when the expression is invalid.
 */
export async function jqView(expression: string): Promise<DocumentView> {
  const { loadJq } = await import("jq-wasm");
  const jq = await loadJq();
  // Without input nothing is computed: a failure now is an error in the expression. A space before it keeps a minus from
  // being read as an option.
  run(jq, "", expression.startsWith("-") ? ` ${expression}` : expression, expression);
  // All in one call, because each call takes a millisecond; wrapped separately, so that `input` can't read the next document.
  const each = `.[] | (\n${expression}\n)`;
  const lines = (documents: readonly unknown[]) => run(jq, JSON.stringify(documents), each, expression);
  return { lines, whole: (document) => lines([document]) };
}

/** jq's own option for raw output can't be used, because its package trims the output. */
function run(jq: Jq, input: string, query: string, expression: string): string {
  const { stdout, stderr, exitCode } = jq.raw(input, query, ["-c"]);
  if (exitCode !== 0) throw explain(stderr, expression);
  if (stdout === "") return "";
  const results = stdout.split("\n");
  return results.map((line) => `${visibleResult(line.startsWith('"') ? JSON.parse(line) : line)}\n`).join("");
}

/**
 * Extracts the message from `jq: error: syntax error, unexpected end of file at <top-level>, line 1, column 4:`, followed by
 * the lines in question and `jq: 1 compile error`; or from `jq: error (at /dev/stdin:0): Cannot index number with "a"`.
 */
function explain(stderr: string, expression: string): PushCliError {
  const [first = "", ...rest] = stderr.split("\n").filter((line) => !/^jq: \d+ compile errors?$/.test(line));
  const message = first.replace(/^jq: error(?: \(at [^)]*\))?: /, "").replace(/:$/, "");
  if (rest.length === 0) return usageError(`--jq '${expression}': ${message}`);
  return new PushCliError("usage", `--jq '${expression}': ${message}`, { details: rest });
}
