import { execFileSync } from "node:child_process";

/** Command lines of the processes that have `text` in theirs. */
export function processesWith(text: string): string[] {
  const all = execFileSync("ps", ["-A", "-o", "args"], { encoding: "utf8" });
  return all.split("\n").filter((line) => line.includes(text));
}
