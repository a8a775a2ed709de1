import type { Command } from "commander";
import type { RunAction } from "../deps.ts";
import { registerPoolExport } from "./export.ts";
import { registerPoolImport } from "./import.ts";
import { registerPoolList } from "./list.ts";
import { registerPoolRemove } from "./remove.ts";
import { registerPoolShow } from "./show.ts";
import { registerPoolStats } from "./stats.ts";

const EXAMPLES = `
Examples:
  # all of them in numbers
  $ push-cli pool stats
  # one user's codes
  $ push-cli pool show oABC123
  # reachable users, the most urgent first
  $ push-cli pool list --min-valid 1 --sort expiry
  # add codes: openId, formId, expire, uses
  $ push-cli pool import codes.csv
  # all codes into a file that import reads back
  $ push-cli pool export > codes.ndjson`;

export function registerPool(pool: Command, run: RunAction): void {
  pool.helpCommand(false).addHelpText("after", EXAMPLES);
  registerPoolShow(pool, run);
  registerPoolList(pool, run);
  registerPoolStats(pool, run);
  registerPoolImport(pool, run);
  registerPoolExport(pool, run);
  registerPoolRemove(pool, run);
}
