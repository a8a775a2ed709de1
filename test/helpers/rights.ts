import { readFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../structure/files.ts";

const readme = readFileSync(path.join(ROOT, "README.md"), "utf8");

/** The words of the README's ACL SETUSER, which the operator is told to type as one line. */
export function readRights(): string[] {
  const [, text = ""] = /^ACL SETUSER (pushcli on >password [^`]*)```/m.exec(readme) ?? [];
  return text.trim().split(/\s+/);
}

/** The same with what the README adds for a cluster. */
export function readClusterRights(): string[] {
  const [, text = ""] = /^In a cluster, [^`]*```\n([^`]*)```/m.exec(readme) ?? [];
  return [...readRights(), ...text.trim().split(/\s+/)];
}
