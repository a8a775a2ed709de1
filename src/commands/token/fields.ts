import type { Output } from "../../output/output.ts";

/** Names and texts, one a line: lined up for people, with a tab between them in a pipe. */
export function showFields(out: Output, fields: Readonly<Record<string, string>>): void {
  const width = Math.max(...Object.keys(fields).map((name) => name.length));
  for (const [name, text] of Object.entries(fields))
    out.data(out.format === "human" ? `${name.padEnd(width)}  ${text}` : `${name}\t${text}`);
}
