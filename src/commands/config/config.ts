import type { Command } from "commander";
import type { RunAction } from "../deps.ts";
import { registerConfigCheck } from "./check.ts";
import { registerConfigPath } from "./path.ts";
import { registerConfigShow } from "./show.ts";

const EXAMPLES = `
Examples:
  $ push-cli config show
  $ push-cli config check
  $ push-cli config path`;

export function registerConfig(config: Command, run: RunAction): void {
  config.helpCommand(false).addHelpText("after", EXAMPLES);
  registerConfigShow(config, run);
  registerConfigCheck(config, run);
  registerConfigPath(config, run);
}
