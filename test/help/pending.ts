import { existsSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../structure/files.ts";

/** Topics whose pages may be missing as yet. When they have all come in, this file can go. */
export const PENDING: readonly string[] = [
  ...["audience", "doctor", "environment", "formatting", "logs", "tokens"],
];

/** Whether a file that pages link to may be missing as yet. */
export function isPending(file: string): boolean {
  const files = [...PENDING.map((topic) => `src/help/${topic}.md`), "src/help/recording.svg"];
  return files.includes(file) && !existsSync(path.join(ROOT, file));
}
