import type { Command } from "commander";
import type { RunAction } from "../deps.ts";
import { registerCollectorCheck } from "./check.ts";
import { registerCollectorStart, START_EXAMPLES } from "./start.ts";

/** The noun; `collector` alone is `collector start`. */
export function registerCollector(collector: Command, run: RunAction): void {
  collector.helpCommand(false).addHelpText("after", START_EXAMPLES);
  const start = registerCollectorStart(collector, run);
  registerCollectorCheck(collector, run);
  // The default verb's options are what somebody who asks for help with the noun is after.
  collector.helpInformation = (context) => start.helpInformation(context);
}
