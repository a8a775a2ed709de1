import type { Command } from "commander";
import type { RunAction } from "../deps.ts";
import { registerBroadcastList } from "./list.ts";
import { registerBroadcastResume } from "./resume.ts";
import { registerBroadcastShow } from "./show.ts";
import { registerBroadcastStart, START_EXAMPLES } from "./start.ts";

/** The noun; `broadcast <templateId>` is `broadcast start <templateId>`. */
export function registerBroadcast(program: Command, run: RunAction): void {
  const broadcast = program
    .command("broadcast")
    .description("send a template message to every user with a valid code, each at most once")
    .helpCommand(false)
    .addHelpText("after", START_EXAMPLES);
  const start = registerBroadcastStart(broadcast, run);
  registerBroadcastResume(broadcast, run);
  registerBroadcastList(broadcast, run);
  registerBroadcastShow(broadcast, run);
  // The default verb's options are what somebody who asks for help with the noun is after.
  broadcast.helpInformation = (context) => start.helpInformation(context);
}
