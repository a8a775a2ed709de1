import { readPage } from "../help/pages.ts";

const page = readPage("redis");

/** The words of the manual's ACL SETUSER, which the operator is told to type as one line. */
export function readRights(): string[] {
  const [, text = ""] = /^ACL SETUSER (pushcli on >password [^`]*)```/m.exec(page) ?? [];
  return text.trim().split(/\s+/);
}

/** The same with what the manual adds for a cluster. */
export function readClusterRights(): string[] {
  const [, text = ""] = /^In a cluster, [^`]*```\n([^`]*)```/m.exec(page) ?? [];
  return [...readRights(), ...text.trim().split(/\s+/)];
}
