import { readFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../structure/files.ts";

/** A page of the manual as it is written, for tests that hold it against the program. */
export function readPage(topic: string): string {
  return readFileSync(path.join(ROOT, "src/help", `${topic}.md`), "utf8");
}
