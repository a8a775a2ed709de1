import type { Command } from "commander";
import type { RunAction } from "../deps.ts";
import { registerBroadcastDelete } from "./delete.ts";
import { registerBroadcastHalts } from "./halt.ts";
import { registerBroadcastReport } from "./html-report.ts";
import { registerBroadcastList } from "./list.ts";
import { registerBroadcastRecipients } from "./recipients.ts";
import { registerBroadcastResume } from "./resume.ts";
import { registerBroadcastRunDue } from "./run-due.ts";
import { registerBroadcastSend, SEND_EXAMPLES } from "./send.ts";
import { registerBroadcastShow } from "./show.ts";
import { registerBroadcastWatch } from "./watch.ts";

/** The noun; `broadcast <templateId>` is `broadcast send <templateId>`. */
export function registerBroadcast(broadcast: Command, run: RunAction): void {
  broadcast.helpCommand(false).addHelpText("after", SEND_EXAMPLES);
  const send = registerBroadcastSend(broadcast, run);
  registerBroadcastResume(broadcast, run);
  registerBroadcastRunDue(broadcast, run);
  registerBroadcastWatch(broadcast, run);
  registerBroadcastList(broadcast, run);
  registerBroadcastShow(broadcast, run);
  registerBroadcastRecipients(broadcast, run);
  registerBroadcastReport(broadcast, run);
  registerBroadcastHalts(broadcast, run);
  registerBroadcastDelete(broadcast, run);
  // The default verb's options are what somebody who asks for help with the noun is after.
  broadcast.helpInformation = (context) => send.helpInformation(context);
}
