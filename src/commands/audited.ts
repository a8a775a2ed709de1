import type { Command } from "commander";
import { lineage } from "./words.ts";

/** Commands that change something or send; each run of one is told of in the audit log, a dry run with a mark. */
const CHANGES = new Set([
  "broadcast send",
  "broadcast resume",
  "broadcast run-due",
  "broadcast pause",
  "broadcast cancel",
  "broadcast delete",
  "pool import",
  "pool remove",
  "purge",
  "suppress add",
  "suppress remove",
  "suppress import",
  "token refresh",
  "collector start",
]);

/** Whether the audit log tells of a command. */
export function isAudited(command: Command): boolean {
  const names = lineage(command).map((one) => one.name());
  return CHANGES.has(names.reverse().slice(1).join(" "));
}
