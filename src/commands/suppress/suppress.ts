import type { Command } from "commander";
import type { RunAction } from "../deps.ts";
import { registerSuppressAdd } from "./add.ts";
import { registerSuppressImport } from "./import.ts";
import { registerSuppressList } from "./list.ts";
import { registerSuppressRemove } from "./remove.ts";

const EXAMPLES = `
Users on the suppression list are not messaged, whatever the channel. Their
codes stay in their pools.

Examples:
  $ push-cli suppress add oABC123 --reason "asked to be left alone"
  $ push-cli suppress list
  $ push-cli suppress import unsubscribed.csv --dry-run
  $ push-cli suppress remove oABC123`;

export function registerSuppress(suppress: Command, run: RunAction): void {
  suppress.helpCommand(false).addHelpText("after", EXAMPLES);
  registerSuppressAdd(suppress, run);
  registerSuppressRemove(suppress, run);
  registerSuppressList(suppress, run);
  registerSuppressImport(suppress, run);
}
