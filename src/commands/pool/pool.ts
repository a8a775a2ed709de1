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
  # Show statistics of all pools
  $ push-cli pool stats
  # Show one user's codes
  $ push-cli pool show oABC123
  # List reachable users whose codes expire first
  $ push-cli pool list --min-valid 1 --sort expiry
  # Add codes from columns openId, formId, expire and uses
  $ push-cli pool import codes.csv
  # Save all codes to a file that pool import reads
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
